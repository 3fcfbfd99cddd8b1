//! Arguments, directives, values and types (GraphQL, sections 2.6 and 2.9 to 2.12).

use async_graphql::indexmap::IndexMap;
use async_graphql::indexmap::map::Entry;
use async_graphql::parser::types::{BaseType, Directive, Type};
use async_graphql::{Name, Positioned, Value as ConstValue};
use async_graphql_value::{Number, Value};

use super::lexer::Token;
use super::{Parser, Result};
use crate::api::graphql::pipeline::document_fault::DocumentFault;

impl Parser<'_> {
    /// With `is_const`, variables are not allowed.
    pub(super) fn arguments(&mut self, is_const: bool) -> Result<Vec<(Positioned<Name>, Positioned<Value>)>> {
        self.optional_many([b'(', b')'], |parser| {
            let name = parser.name()?;
            parser.expect(b':')?;
            Ok((name, parser.value(is_const)?))
        })
    }

    pub(super) fn directives(&mut self, is_const: bool) -> Result<Vec<Positioned<Directive>>> {
        let mut directives = Vec::new();
        loop {
            let pos = self.pos;
            if !self.skip(&Token::Sign(b'@'))? {
                return Ok(directives);
            }
            let directive = Directive { name: self.name()?, arguments: self.arguments(is_const)? };
            directives.push(Positioned::new(directive, pos));
        }
    }

    pub(super) fn default_value(&mut self) -> Result<Option<Positioned<ConstValue>>> {
        if !self.skip(&Token::Sign(b'='))? {
            return Ok(None);
        }
        let Positioned { node, pos } = self.value(true)?;
        match node.into_const() {
            Some(value) => Ok(Some(Positioned::new(value, pos))),
            None => self.unexpected(),
        }
    }

    fn value(&mut self, is_const: bool) -> Result<Positioned<Value>> {
        let pos = self.pos;
        let value = match self.token {
            Token::Sign(b'[') => {
                self.advance()?;
                let mut items = Vec::new();
                while !self.skip(&Token::Sign(b']'))? {
                    items.push(self.value(is_const)?.node);
                }
                Value::List(items)
            }
            Token::Sign(b'{') => self.object(is_const)?,
            Token::Sign(b'$') if !is_const => {
                self.advance()?;
                Value::Variable(self.name()?.node)
            }
            Token::Name(_) | Token::Int(_) | Token::Float(_) | Token::Text(_) => scalar(self.advance()?),
            Token::Sign(_) | Token::Spread | Token::End => return self.unexpected(),
        };
        Ok(Positioned::new(value, pos))
    }

    /// Duplicate names are a matter of validation (section 5.6.3), but the tree cannot hold them: they become faults.
    fn object(&mut self, is_const: bool) -> Result<Value> {
        self.expect(b'{')?;
        let mut fields = IndexMap::new();
        while !self.skip(&Token::Sign(b'}'))? {
            let name = self.name()?;
            self.expect(b':')?;
            let value = self.value(is_const)?;
            match fields.entry(name.node) {
                Entry::Vacant(free) => drop(free.insert(value.node)),
                Entry::Occupied(_) => {
                    self.faults.push(DocumentFault::new(name.pos, "A field of an input object is given twice"));
                }
            }
        }
        Ok(Value::Object(fields))
    }

    pub(super) fn type_reference(&mut self) -> Result<Positioned<Type>> {
        let pos = self.pos;
        let base = if self.skip(&Token::Sign(b'['))? {
            let item = self.type_reference()?;
            self.expect(b']')?;
            BaseType::List(Box::new(item.node))
        } else {
            BaseType::Named(self.name()?.node)
        };
        let nullable = !self.skip(&Token::Sign(b'!'))?;
        Ok(Positioned::new(Type { base, nullable }, pos))
    }
}

fn scalar(token: Token<'_>) -> Value {
    match token {
        Token::Text(text) => Value::String(text),
        Token::Name("true") => Value::Boolean(true),
        Token::Name("false") => Value::Boolean(false),
        Token::Name(name) if name != "null" => Value::Enum(Name::new(name)),
        Token::Int(digits) => Value::Number(integer(digits)),
        Token::Float(digits) => Value::Number(float(digits)),
        Token::Name(_) | Token::Sign(_) | Token::Spread | Token::End => Value::Null,
    }
}

/// An integer of more than 64 bits fits no type of the schema; it becomes the nearest number.
fn integer(digits: &str) -> Number {
    let signed = digits.parse::<i64>().map(Number::from);
    signed.or_else(|_| digits.parse::<u64>().map(Number::from)).unwrap_or_else(|_| float(digits))
}

fn float(digits: &str) -> Number {
    let number = digits.parse::<f64>().unwrap_or(f64::MAX).clamp(f64::MIN, f64::MAX);
    Number::from_f64(number).unwrap_or_else(|| Number::from(0))
}
