//! What the schema says by rule and not field by field: which fields are null only with an error, how long lists are, and
//! in each description what the directives of the field say, because introspection does not show them.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{
    __DirectiveLocation, Deprecation, MetaDirective, MetaDirectiveInvocation, MetaField, MetaInputValue, MetaType,
    Registry,
};
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value, value};

use super::field_notes;
use crate::api::graphql::pipeline::cost::{CostTable, FieldCost, Repetition};
use crate::values::paging::{PAGE_DEFAULT, PAGE_LIMIT};

/// Fields that may be refused, but are also null without an error.
const NULL_WITHOUT_ERROR: [(&str, &str); 1] = [("Query", "user")];
/// A type that no field returns. Nothing of it is resolved.
const NOT_RESOLVED: &str = "ErrorExtensions";

/// Changes the schema when it is registered, after all types: the library has no other place for that. It is no type.
pub struct Annotations;

impl OutputType for Annotations {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Boolean")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        define_directives(registry);
        state_weights(registry);
        // What a list is, does not depend on weights; what a field costs, does.
        for_each_field(registry, &CostTable::new(registry), annotate);
        for_each_field(registry, &CostTable::new(registry), describe);
        Self::qualified_type_name()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Null)
    }
}

/// The field that is changed, and where it is.
struct AnnotatedField<'a> {
    parent: &'a str,
    is_mutation: bool,
    is_root: bool,
    is_subscription: bool,
    field: &'a mut MetaField,
}

impl AnnotatedField<'_> {
    fn states(&self, directive: &str) -> bool {
        self.field.directive_invocations.iter().any(|stated| stated.name == directive)
    }

    fn state(&mut self, name: &str, arguments: Value) {
        self.field.directive_invocations.insert(0, invocation(name, arguments));
    }
}

fn for_each_field(registry: &mut Registry, costs: &CostTable, change: fn(&mut AnnotatedField, &FieldCost)) {
    let roots = [Some(&registry.query_type), registry.mutation_type.as_ref(), registry.subscription_type.as_ref()];
    let [query, mutation, subscription] = roots.map(Option::<&String>::cloned);
    for (parent, of) in registry.types.iter_mut().filter(|(name, _)| !name.starts_with("__")) {
        let MetaType::Object { fields, .. } = of else { continue };
        let is = |root: &Option<String>| root.as_ref() == Some(parent);
        let (is_mutation, is_subscription) = (is(&mutation), is(&subscription));
        let is_root = is_mutation || is_subscription || is(&query);
        for field in fields.values_mut() {
            let Some(cost) = costs.find(parent, &field.name) else { continue };
            change(&mut AnnotatedField { parent, is_mutation, is_root, is_subscription, field }, cost);
        }
    }
}

/// An edge is the row that is paid for; its node comes with it. The position of a page costs nothing.
fn state_weights(registry: &mut Registry) {
    let free = || invocation("cost", value!({ "weight": "0" }));
    for (name, of) in &mut registry.types {
        let MetaType::Object { fields, directive_invocations, .. } = of else { continue };
        if name == "PageInfo" {
            directive_invocations.push(free());
        }
        if let Some(node) = fields.get_mut("node").filter(|_| name.ends_with("Edge")) {
            node.directive_invocations.push(free());
        }
    }
}

fn annotate(annotated: &mut AnnotatedField, cost: &FieldCost) {
    // A default value says nothing.
    for access in annotated.field.directive_invocations.iter_mut().filter(|stated| stated.name == "access") {
        access.args.retain(|_, value| *value != Value::Boolean(false));
    }
    let may_refuse = annotated.is_mutation || annotated.states("access") || annotated.states("refuses");
    let is_nullable = !annotated.field.ty.ends_with('!');
    if is_nullable && may_refuse && !NULL_WITHOUT_ERROR.contains(&(annotated.parent, &*annotated.field.name)) {
        annotated.state("semanticNonNull", value!({}));
    }
    if annotated.parent != NOT_RESOLVED {
        state_list_size(annotated, cost);
    }
}

fn state_list_size(annotated: &mut AnnotatedField, cost: &FieldCost) {
    match cost.repetition {
        Repetition::Page => annotated.state(
            "listSize",
            value!({
                "assumedSize": PAGE_DEFAULT,
                "slicingArguments": ["first", "last"],
                "sizedFields": ["edges", "nodes"],
                "requireOneSlicingArgument": false,
            }),
        ),
        Repetition::Ids => annotated.state("listSize", value!({ "assumedSize": PAGE_LIMIT })),
        // A list of scalars costs nothing, however long it is.
        Repetition::Times(times) if cost.points > 0 => {
            annotated.state("listSize", value!({ "assumedSize": times }));
            // Stated, because the list is paid for once, and the weight of its type would count for each item.
            if !annotated.states("cost") {
                annotated.state("cost", value!({ "weight": cost.points.to_string() }));
            }
        }
        Repetition::Times(_) | Repetition::Once | Repetition::Row => {}
    }
}

/// Adds to the description what the directives of the field say.
fn describe(annotated: &mut AnnotatedField, cost: &FieldCost) {
    let name = &annotated.field.name;
    if annotated.is_mutation
        && let Some(input) = annotated.field.args.get_mut("input")
    {
        input.description = Some(format!("Input of `{name}`."));
    }
    if !annotated.is_root && annotated.field.directive_invocations.is_empty() {
        return;
    }
    let notes = if annotated.is_subscription {
        field_notes::of_subscription(annotated.field)
    } else {
        field_notes::of_field(annotated.field, cost)
    };
    let described = annotated.field.description.take().unwrap_or_default();
    annotated.field.description = Some(format!("{described}\n\n{notes}"));
}

fn define_directives(registry: &mut Registry) {
    let on_field = vec![__DirectiveLocation::FIELD_DEFINITION];
    define(
        registry,
        ("semanticNonNull", SEMANTIC_NON_NULL),
        [argument("levels", "[Int!]!", Some("[0]"))].into(),
        on_field.clone(),
    );
    let arguments = vec![
        argument("assumedSize", "Int", None),
        argument("slicingArguments", "[String!]", None),
        argument("sizedFields", "[String!]", None),
        argument("requireOneSlicingArgument", "Boolean", Some("true")),
    ];
    define(registry, ("listSize", LIST_SIZE), arguments, on_field);
    // The macro that defines `@cost` knows no scalars as a place.
    if let Some(cost) = registry.directives.get_mut("cost") {
        cost.locations.push(__DirectiveLocation::SCALAR);
    }
}

const SEMANTIC_NON_NULL: &str = "The field is null only if an error explains it \
                                 (<https://specs.apollo.dev/nullability/v0.4>). Generators can make its type non-null for clients \
                                 that treat such errors as failures.";
const LIST_SIZE: &str = "How long a list is for the calculation of costs (GraphQL Cost Directives, IBM, section 8): the largest of \
     `slicingArguments`, or `assumedSize` without them. `sizedFields` are the lists that are so long, if the field itself \
     returns none.";

fn define(
    registry: &mut Registry,
    (name, description): (&str, &str),
    arguments: Vec<MetaInputValue>,
    locations: Vec<__DirectiveLocation>,
) {
    registry.add_directive(MetaDirective {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        locations,
        args: arguments.into_iter().map(|argument| (argument.name.clone(), argument)).collect(),
        is_repeatable: false,
        visible: None,
        composable: None,
    });
}

fn argument(name: &str, ty: &str, default: Option<&str>) -> MetaInputValue {
    MetaInputValue {
        name: name.to_owned(),
        description: None,
        ty: ty.to_owned(),
        deprecation: Deprecation::NoDeprecated,
        default_value: default.map(str::to_owned),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

fn invocation(name: &str, arguments: Value) -> MetaDirectiveInvocation {
    let args = match arguments {
        Value::Object(arguments) => arguments.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
        _ => IndexMap::new(),
    };
    MetaDirectiveInvocation { name: name.to_owned(), args }
}
