//! What an operation costs at most: all fragments expanded and every page full.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Value, Variables};
use async_graphql_value::Value as DocumentValue;

use super::selection_cost::{PartCost, SelectionCost};
use super::table::{CostTable, FieldCost, Repetition};
use crate::api::graphql::pipeline::chosen_operation;
use crate::values::paging::{PAGE_DEFAULT, PAGE_LIMIT};

/// One point more for so many resolved fields.
const FIELDS_PER_POINT: u32 = 1_000;

/// What an operation costs at most. Counts saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperationCost {
    /// Points, if every page is full.
    pub points: u32,
    /// Points among them that belong to no field, so that execution cannot show whether they were used.
    pub non_refundable: u32,
    /// Fields that take a secret: a password, a code or a token.
    pub secrets: u32,
    /// Fields that are resolved, if every page is full.
    pub fields: u32,
    /// Fields of introspection that are resolved, if lists have their usual length.
    pub schema_fields: u32,
    /// Whether it asks for the schema.
    pub introspects: bool,
    /// Whether its first field is for administrators.
    pub is_for_admins: bool,
}

impl OperationCost {
    /// Adds up an operation. Its document has passed `document_limits`: its fragments are known and end.
    #[must_use]
    pub fn new(
        table: &CostTable,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Self {
        let root = table.root(match operation.ty {
            OperationType::Query => 0,
            OperationType::Mutation => 1,
            OperationType::Subscription => 2,
        });
        let set = &operation.selection_set.node;
        let mut estimate = CostEstimate { table, document, operation, variables, fragments: HashMap::new() };
        let PartCost { points, non_refundable, fields, schema_fields, secrets, introspects, .. } =
            estimate.set_cost(set, root).whole();
        let for_fields = fields.saturating_add(schema_fields) / FIELDS_PER_POINT;
        Self {
            points: points.saturating_add(for_fields),
            non_refundable: non_refundable.saturating_add(for_fields),
            secrets,
            fields,
            schema_fields,
            introspects,
            is_for_admins: matches!(set.items.first().map(|first| &first.node), Some(Selection::Field(first))
                if table.find(root, &first.node.name.node).is_some_and(|cost| cost.is_for_admins)),
        }
    }
}

struct CostEstimate<'a> {
    table: &'a CostTable,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    fragments: HashMap<&'a str, SelectionCost>,
}

impl<'a> CostEstimate<'a> {
    fn set_cost(&mut self, set: &'a SelectionSet, parent: &str) -> SelectionCost {
        let costs = set.items.iter().map(|selection| {
            let cost = match &selection.node {
                Selection::Field(field) => self.field_cost(&field.node, parent),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let condition = condition.map(|condition| condition.node.on.node.as_str());
                    self.set_cost(&fragment.node.selection_set.node, condition.unwrap_or(parent))
                }
                Selection::FragmentSpread(spread) => self.fragment_cost(spread.node.fragment_name.node.as_str()),
            };
            cost.behind(selection.node.directives())
        });
        costs.fold(SelectionCost::default(), SelectionCost::plus)
    }

    fn fragment_cost(&mut self, name: &'a str) -> SelectionCost {
        if let Some(known) = self.fragments.get(name) {
            return *known;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return SelectionCost::default() };
        self.fragments.insert(name, SelectionCost::default());
        let cost = self.set_cost(&fragment.node.selection_set.node, fragment.node.type_condition.node.on.node.as_str());
        self.fragments.insert(name, cost);
        cost
    }

    fn field_cost(&mut self, field: &'a Field, parent: &str) -> SelectionCost {
        let name = field.name.node.as_str();
        let table = self.table;
        let set = &field.selection_set.node;
        match (name, table.find(parent, name)) {
            ("__typename", _) => SelectionCost::once(PartCost { fields: 1, ..PartCost::default() }),
            ("__schema", _) => self.introspection_cost(set, "__Schema"),
            ("__type", _) => self.introspection_cost(set, "__Type").times(table.largest_type()),
            // An unknown field, which validation refuses: counts like any other.
            (_, None) => {
                let own = PartCost { points: 1, fields: 1, ..PartCost::default() };
                SelectionCost::once(own.plus(self.set_cost(set, "").whole()))
            }
            (_, Some(cost)) => {
                let below = self.set_cost(set, &cost.return_type);
                self.known_field_cost(cost, field, below)
            }
        }
    }

    fn introspection_cost(&mut self, set: &'a SelectionSet, of: &str) -> SelectionCost {
        let below = self.set_cost(set, of).whole();
        let schema_fields = below.fields.saturating_add(1);
        SelectionCost::once(PartCost {
            points: below.points.saturating_add(1),
            schema_fields,
            introspects: true,
            ..PartCost::default()
        })
    }

    fn known_field_cost(&self, cost: &FieldCost, field: &Field, below: SelectionCost) -> SelectionCost {
        let own = PartCost::for_field(cost);
        // The points of an item, where items are paid for and not the field.
        let (free, item) = (PartCost { points: 0, ..own }, PartCost { fields: 0, secrets: 0, ..own });
        match cost.repetition {
            Repetition::Once => SelectionCost::once(own.plus(below.whole()).unconditional()),
            Repetition::Times(times) => SelectionCost::once(own.plus(below.whole().times(times)).unconditional()),
            Repetition::Page => SelectionCost::once(own.plus(below.with_rows(self.page_size(field)))),
            Repetition::Ids => {
                let items = item.plus(below.whole()).times(self.id_count(field));
                SelectionCost::once(free.plus(items).unconditional())
            }
            // Whatever is hidden inside a row, the row itself is noted when it is resolved.
            Repetition::Row => SelectionCost { once: free, each_row: item.plus(below.whole().unconditional()) },
        }
    }

    /// The number of ids that a field asks for. Too many are refused later, and count as the most. A single id is a list of
    /// one.
    fn id_count(&self, field: &Field) -> u32 {
        let most = u32::try_from(PAGE_LIMIT).unwrap_or(u32::MAX);
        let count = match field.get_argument("ids").map(|value| &value.node) {
            Some(DocumentValue::Variable(name)) => {
                match chosen_operation::variable(name, self.operation, self.variables) {
                    Some(Value::List(ids)) => Some(ids.len()),
                    Some(Value::Null) | None => None,
                    Some(_) => Some(1),
                }
            }
            Some(DocumentValue::List(ids)) => Some(ids.len()),
            Some(DocumentValue::Null) | None => None,
            Some(_) => Some(1),
        };
        count.and_then(|count| u32::try_from(count).ok()).map_or(most, |count| count.min(most))
    }

    /// The most items of a page. An invalid size is refused later, and counts as the largest.
    fn page_size(&self, field: &Field) -> u32 {
        let sizes = ["first", "last"].map(|name| field.get_argument(name).map(|value| self.size(&value.node)));
        let largest = u32::try_from(PAGE_LIMIT).unwrap_or(u32::MAX);
        match sizes.into_iter().flatten().flatten().max() {
            Some(size) => u32::try_from(size).unwrap_or(largest).min(largest),
            None => u32::try_from(PAGE_DEFAULT).unwrap_or(largest),
        }
    }

    /// The number that a value stands for, if any.
    fn size(&self, value: &DocumentValue) -> Option<u64> {
        match value {
            DocumentValue::Null => None,
            DocumentValue::Variable(name) => {
                chosen_operation::variable(name, self.operation, self.variables).and_then(number)
            }
            DocumentValue::Number(number) => Some(number.as_u64().unwrap_or(u64::MAX)),
            _ => Some(u64::MAX),
        }
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Null => None,
        Value::Number(number) => Some(number.as_u64().unwrap_or(u64::MAX)),
        _ => Some(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest};
    use async_graphql::parser::parse_query;
    use async_graphql::{EmptySubscription, Object, Response, Schema, SimpleObject, async_trait, value};
    use futures_util::FutureExt;

    use super::*;
    use crate::api::graphql::schema::costs::{RateBucket, cost, rate_limit};

    #[derive(SimpleObject)]
    struct Item {
        name: String,
        part: PartCost,
    }

    #[derive(SimpleObject)]
    struct PartCost {
        number: i32,
    }

    #[derive(SimpleObject)]
    struct ItemEdge {
        #[graphql(directive = cost::apply("0".to_owned()))]
        node: Item,
    }

    #[derive(SimpleObject)]
    struct ItemConnection {
        edges: Vec<ItemEdge>,
        nodes: Vec<Item>,
        total: i32,
    }

    struct Query;
    struct Mutation;

    #[Object]
    #[allow(clippy::unused_async, reason = "resolvers are async")]
    impl Query {
        async fn items(&self, first: Option<i32>, last: Option<i32>) -> ItemConnection {
            let _ = (first, last);
            ItemConnection { edges: vec![], nodes: vec![], total: 0 }
        }
        async fn by_ids(&self, ids: Vec<String>) -> Vec<Option<Item>> {
            let _ = ids;
            vec![]
        }
        async fn parts(&self) -> Vec<PartCost> {
            vec![]
        }
        #[graphql(directive = cost::apply("7".to_owned()))]
        async fn dear(&self) -> i32 {
            7
        }
    }

    #[Object]
    #[allow(clippy::unused_async, reason = "resolvers are async")]
    impl Mutation {
        #[graphql(directive = cost::apply("50".to_owned()), directive = rate_limit::apply(RateBucket::Auth))]
        async fn login(&self, #[graphql(secret)] password: String) -> PartCost {
            let _ = password;
            PartCost { number: 1 }
        }
    }

    /// Takes the costs out of a schema, which lends its registry to extensions only.
    #[derive(Clone, Default)]
    struct Reader(Arc<OnceLock<CostTable>>);

    impl ExtensionFactory for Reader {
        fn create(&self) -> Arc<dyn Extension> {
            Arc::new(self.clone())
        }
    }

    #[async_trait::async_trait]
    impl Extension for Reader {
        async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
            self.0.get_or_init(|| CostTable::new(&ctx.schema_env.registry));
            next.run(ctx).await
        }
    }

    fn cost_of(document: &str, variables: Value) -> OperationCost {
        let reader = Reader::default();
        let schema = Schema::build(Query, Mutation, EmptySubscription).extension(reader.clone()).finish();
        schema.execute("{ __typename }").now_or_never().unwrap();
        let document = parse_query(document).unwrap();
        let operation = document.operations.iter().next().unwrap().1;
        OperationCost::new(reader.0.get().unwrap(), &document, &operation.node, &Variables::from_value(variables))
    }

    fn points(document: &str) -> u32 {
        cost_of(document, value!({})).points
    }

    #[test]
    fn objects_cost_one_and_scalars_nothing_unless_they_say_so() {
        assert_eq!(points("{ __typename }"), 0);
        assert_eq!(points("{ dear again: dear }"), 14);
        assert_eq!(points("mutation { login(password: 1) { number } }"), 50);
        assert_eq!(points("{ unknown { field } }"), 2);
    }

    #[test]
    fn a_connection_costs_its_nodes_and_one() {
        assert_eq!(points("{ items { total } }"), 20 + 1);
        assert_eq!(points("{ items { edges { node { name } } } }"), 20 + 1);
        assert_eq!(points("{ items(first: 3) { edges { node { name part { number } } } } }"), 3 * 2 + 1);
        assert_eq!(points("{ items(first: 0) { edges { node { name } } } }"), 1);
    }

    #[test]
    fn a_row_that_is_read_costs_a_point_whatever_is_told_of_it() {
        for rows in ["edges { __typename }", "nodes { name }", "edges { node @skip(if: true) { name } }"] {
            let asked = cost_of(&format!("{{ items(first: 3) {{ {rows} total }} }}"), value!({}));
            assert_eq!((asked.points, asked.non_refundable), (3 + 1, 0), "{rows}");
        }
        let unasked = cost_of("{ items(first: 3) { total } }", value!({}));
        assert_eq!((unasked.points, unasked.non_refundable), (3 + 1, 3));
    }

    #[test]
    fn a_row_of_nodes_costs_what_a_row_of_edges_costs() {
        let (nodes, edges) = ("nodes { name part { number } }", "edges { node { name part { number } } }");
        for (rows, expected) in [(nodes.to_owned(), 7), (edges.to_owned(), 7), (format!("{nodes} {edges}"), 13)] {
            assert_eq!(points(&format!("{{ items(first: 3) {{ {rows} }} }}")), expected, "{rows}");
        }
    }

    #[test]
    fn a_list_without_a_size_costs_one_and_its_selection_for_the_usual_length() {
        assert_eq!(points("{ parts { number } }"), 1);
        assert_eq!(cost_of("{ parts { number } }", value!({})).fields, 1 + 30);
    }

    #[test]
    fn ids_cost_their_selection_each() {
        for (ids, expected) in [
            (r#"["a", "b", "c"]"#, 3),
            ("[]", 0),
            (r#""a""#, 1),
            ("null", 100),
            ("$list", 4),
            ("$one", 1),
            ("$none", 100),
            ("$unknown", 100),
            ("$default", 2),
            ("[$one, $one]", 2),
            ("$many", 100),
        ] {
            let document = format!(
                r#"query($list: [ID!], $one: ID, $none: [ID!], $many: [ID!], $default: [ID!] = ["a", "b"]) {{
                    byIds(ids: {ids}) {{ name part {{ number }} }} }}"#
            );
            let many: Vec<Value> = (0..101).map(|number| value!(number)).collect();
            let variables = value!({ "list": ["a", "b", "c", "d"], "one": "a", "none": null, "many": many });
            assert_eq!(cost_of(&document, variables).points, expected * 2, "{ids}");
        }
        assert_eq!(cost_of(r#"{ byIds(ids: ["a", "b"]) { name name } }"#, value!({})).fields, 1 + 2 * 2);
    }

    #[test]
    fn rows_that_a_directive_hides_are_read_all_the_same() {
        for edges in [
            "edges @skip(if: true) { node { name } }",
            "... @skip(if: true) { edges { node { name } } }",
            "...r @skip(if: true)",
            "total",
        ] {
            let document = format!(
                "{{ items(first: 3) {{ {edges} }} }} fragment r on ItemConnection {{ edges {{ node {{ name }} }} }}"
            );
            let asked = cost_of(&document, value!({}));
            assert_eq!((asked.points, asked.non_refundable), (3 + 1, 3), "{edges}");
        }
        let inside = cost_of("{ items(first: 3) { edges { node { name @skip(if: true) } } } }", value!({}));
        assert_eq!((inside.points, inside.non_refundable), (3 + 1, 0));
    }

    #[test]
    fn fields_count_as_often_as_they_are_resolved() {
        let asked = cost_of(
            "{ items(first: 100) { total edges { node { ...n ...n } } } } fragment n on Item { name }",
            value!({}),
        );
        assert_eq!((asked.fields, asked.points, asked.non_refundable), (1 + 2 + 100 * 3, 101, 0));
        let many = format!("{{ items(first: 100) {{ edges {{ node {{ {} }} }} }} }}", "name ".repeat(30));
        assert_eq!((cost_of(&many, value!({})).points, cost_of(&many, value!({})).non_refundable), (101 + 3, 3));
    }

    #[test]
    fn the_schema_is_counted_apart() {
        let asked = cost_of("{ dear __schema { types { fields { name } } } }", value!({}));
        assert_eq!(asked.fields, 1);
        assert!(asked.schema_fields > 20, "{asked:?}");
    }

    #[test]
    fn no_size_is_cheaper_than_the_largest() {
        for size in ["-1", "2147483647", "99999999999999999999", "\"x\"", "1.5", "100"] {
            let document = format!("{{ items(last: {size}) {{ edges {{ node {{ name }} }} }} }}");
            assert_eq!(points(&document), 100 + 1, "{size}");
        }
    }

    #[test]
    fn variables_count_with_their_values_and_defaults() {
        let document = "query($n: Int = 5) { items(first: $n) { edges { node { name } } } }";
        for (variables, expected) in [(value!({}), 6), (value!({ "n": 3 }), 4), (value!({ "n": -1 }), 101)] {
            assert_eq!(cost_of(document, variables).points, expected);
        }
    }

    #[test]
    fn fragments_cost_wherever_they_are_spread() {
        assert_eq!(
            points("{ a: items { ...x } b: items { ...x } } fragment x on ItemConnection { edges { node { name } } }"),
            42
        );
        assert_eq!(points("{ ... on Query { ... { dear } } }"), 7);
        assert_eq!(points("{ ...x } fragment x on Query { ...x dear }"), 7);
    }

    #[test]
    fn secrets_and_introspection_are_noticed() {
        let twice =
            cost_of("mutation { a: login(password: 1) { number } b: login(password: 2) { number } }", value!({}));
        assert_eq!((twice.points, twice.secrets), (100, 2));
        assert!(cost_of("{ __schema { types { name } } }", value!({})).introspects);
    }
}
