//! Fields and fragments (GraphQL, sections 2.4 to 2.8).

use async_graphql::Positioned;
use async_graphql::parser::types::{Field, FragmentSpread, InlineFragment, Selection, SelectionSet};

use super::lexer::Token;
use super::{Parser, Result};

impl Parser<'_> {
    pub(super) fn selection_set(&mut self) -> Result<Positioned<SelectionSet>> {
        let pos = self.pos;
        let items = self.many([b'{', b'}'], Self::selection)?;
        Ok(Positioned::new(SelectionSet { items }, pos))
    }

    fn selection(&mut self) -> Result<Positioned<Selection>> {
        let pos = self.pos;
        if !self.skip(&Token::Spread)? {
            let field = Positioned::new(self.field()?, pos);
            return Ok(Positioned::new(Selection::Field(field), pos));
        }
        if !matches!(self.token, Token::Name(name) if name != "on") {
            let is_conditional = self.skip(&Token::Name("on"))?;
            let fragment = InlineFragment {
                type_condition: if is_conditional { Some(self.type_condition()?) } else { None },
                directives: self.directives(false)?,
                selection_set: self.selection_set()?,
            };
            return Ok(Positioned::new(Selection::InlineFragment(Positioned::new(fragment, pos)), pos));
        }
        let spread = FragmentSpread { fragment_name: self.fragment_name()?, directives: self.directives(false)? };
        Ok(Positioned::new(Selection::FragmentSpread(Positioned::new(spread, pos)), pos))
    }

    fn field(&mut self) -> Result<Field> {
        let mut name = self.name()?;
        let mut alias = None;
        if self.skip(&Token::Sign(b':'))? {
            alias = Some(std::mem::replace(&mut name, self.name()?));
        }
        let arguments = self.arguments(false)?;
        let directives = self.directives(false)?;
        let selection_set = match self.token {
            Token::Sign(b'{') => self.selection_set()?,
            _ => Positioned::new(SelectionSet::default(), name.pos),
        };
        Ok(Field { alias, name, arguments, directives, selection_set })
    }
}
