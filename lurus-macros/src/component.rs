//! `#[derive(Component)]`: from the struct of a product to its constructor, setters, reference and option table.
//!
//! In: a struct with a field `meta: Meta` and one `#[option(…)]` field per option. Out: the code of
//! [`Component::write`], or every mistake in the attributes at once, each at the place that made it. It knows no
//! product and no literal type: what a value may be is the business of the field's type.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, GenericArgument, Ident, Lit,
    LitStr, Meta, Path, PathArguments, Token, Type, Visibility,
};

/// Writes the code for one struct, or returns all of its mistakes in one error.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    Ok(Component::read(input)?.write())
}

/// A component as its author declared it, without mistakes.
struct Component {
    visibility: Visibility,
    ident: Ident,
    kind: String,
    /// First paragraph of the doc comment.
    doc: String,
    /// In the order of the fields, which is the order of the constructor's arguments and of the option table.
    options: Vec<Choice>,
}

/// One option of a component: a field with `#[option(…)]`.
struct Choice {
    field: Ident,
    /// Name of the setter, and the option's name in the table. A field `streams` has the setter `stream`.
    setter: Ident,
    /// The `T` of `Setting<T>`.
    ty: Type,
    shape: Shape,
    door: Door,
    cost: Cost,
    needs: Option<Need>,
    /// Whether a platform that does what the component is for is told it too.
    entrusted: bool,
    /// The doc comment, as rustdoc is given it.
    doc_attributes: Vec<Attribute>,
    /// The doc comment, as the option table is given it.
    doc: String,
}

/// How often an option may be set, which the field's type says.
enum Shape {
    /// `Option<Setting<T>>`: at most one value; what holds without one.
    Optional { default: String },
    /// `Vec<Setting<T>>`: one value per call of the setter; what holds without one.
    Each { default: String },
    /// `Setting<T>`: an argument of the constructor.
    Required,
}

/// What a setter takes.
#[derive(Clone, Copy)]
enum Door {
    /// `impl Into<Given<T>>`: a checked value, or text that the type may refuse.
    Given,
    /// `T` itself.
    Plain,
    /// The author writes the setter, because it takes more than one argument.
    Manual,
}

/// What a change of the option costs; the names are those of `OptionCost`.
#[derive(Clone, Copy)]
enum Cost {
    Nothing,
    Reload,
    Restart,
    Recreate,
    Procedure,
    DataDanger,
}

/// What an option needs of the place where it runs; the names are those of `Ability`.
#[derive(Clone, Copy)]
enum Need {
    Hosts,
    Placement,
    Networks,
    Callers,
    Operators,
    Stacks,
    Liveness,
}

/// A setter that every component has, backed by the field of `Meta` with its name.
#[derive(Clone, Copy)]
enum Common {
    On,
    Network,
    Stack,
    Image,
    Memory,
}

/// Names that no option can have, and why.
const RESERVED: [(&str, &str); 2] = [
    ("new", "it is the constructor"),
    ("name", "it is the first argument of every constructor"),
];

// ---------------------------------------------------------------------------------------------------------------
// Reading

impl Component {
    fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => &fields.named,
                Fields::Unnamed(_) | Fields::Unit => {
                    return Err(syn::Error::new(
                        input.ident.span(),
                        "a component is a struct with named fields: a field `meta: Meta` and one field per option",
                    ));
                }
            },
            Data::Enum(_) | Data::Union(_) => {
                return Err(syn::Error::new(
                    input.ident.span(),
                    "a component is a struct: make one struct per product, and an enum of its variants an option",
                ));
            }
        };
        if !input.generics.params.is_empty() {
            mistakes.add(
                &input.generics,
                "a component has no generic parameters: its option table is one constant",
            );
        }
        // After a mistake these are empty; `finish` returns before anyone reads them.
        let kind = read_kind(input, &mut mistakes).unwrap_or_default();
        let doc = paragraphs(&input.attrs)
            .into_iter()
            .next()
            .unwrap_or_default();
        if doc.is_empty() {
            mistakes.add(
                &input.ident,
                format!(
                    "`{}` has no doc comment: say in one paragraph what it is, with `///`",
                    input.ident
                ),
            );
        }

        let mut has_meta = false;
        let mut options: Vec<Choice> = Vec::new();
        for field in fields {
            let Some(ident) = &field.ident else { continue };
            if ident == "meta" {
                has_meta = true;
                check_meta(field, &mut mistakes);
                continue;
            }
            let Some(option) = Choice::read(ident, field, &mut mistakes) else {
                continue;
            };
            if let Some(first) = options.iter().find(|first| first.setter == option.setter) {
                mistakes.add(
                    &option.setter,
                    format!(
                        "the fields `{}` and `{ident}` have one setter, `{}`",
                        first.field, option.setter
                    ),
                );
            }
            options.push(option);
        }
        if !has_meta {
            mistakes.add(
                &input.ident,
                format!(
                    "`{}` has no field `meta: Meta`, which keeps the name, the place and what setters refused",
                    input.ident
                ),
            );
        }

        mistakes.finish()?;
        Ok(Self {
            visibility: input.vis.clone(),
            ident: input.ident.clone(),
            kind,
            doc,
            options,
        })
    }
}

/// The kind in `#[component(kind = "…")]`.
fn read_kind(input: &DeriveInput, mistakes: &mut Mistakes) -> Option<String> {
    let mut kind: Option<LitStr> = None;
    let attributes = input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("component"));
    for attribute in attributes {
        let read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("kind") {
                let text = text(&meta, mistakes)?;
                set_once(mistakes, &meta, &mut kind, text);
                return Ok(());
            }
            mistakes.add(
                &meta.path,
                format!(
                    "`{}` is no key of a component: it has `kind` only, as in `kind = \"nats\"`",
                    key(&meta)
                ),
            );
            skip_value(&meta)
        });
        mistakes.take(read);
    }
    let Some(kind) = kind else {
        mistakes.add(
            &input.ident,
            format!(
                "`{}` has no kind: write `#[component(kind = \"…\")]` above the struct",
                input.ident
            ),
        );
        return None;
    };
    if !is_kind(&kind.value()) {
        mistakes.add(
            &kind,
            format!(
                "`{}` is not a kind: a lower-case letter, then lower-case letters, digits and `-`, as in \
                 `redis-cluster`",
                kind.value()
            ),
        );
    }
    Some(kind.value())
}

fn is_kind(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.ends_with('-')
}

/// The field `meta` has the type `Meta` and no attribute.
fn check_meta(field: &Field, mistakes: &mut Mistakes) {
    if !matches!(&field.ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Meta"))
    {
        mistakes.add(
            &field.ty,
            "the field `meta` has the type `lurus_spec::model::Meta`",
        );
    }
    if let Some(attribute) = field
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("option"))
    {
        mistakes.add(
            attribute,
            "`meta` is not an option: its setters are the same on every component",
        );
    }
}

/// What `#[option(…)]` says, before it is compared with the field's type.
#[derive(Default)]
struct Keys {
    default: Option<LitStr>,
    /// The inner value is absent when the text is no cost, which is a mistake already noted.
    cost: Option<Option<Cost>>,
    /// The inner value is absent when the text is no need, which is a mistake already noted.
    needs: Option<Option<Need>>,
    each: Option<Ident>,
    required: Option<Path>,
    plain: Option<Path>,
    manual: Option<Path>,
    entrusted: Option<Path>,
}

impl Keys {
    fn read(attributes: &[Attribute], mistakes: &mut Mistakes) -> Self {
        let mut keys = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("option"))
        {
            let read = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    let text = text(&meta, mistakes)?;
                    set_once(mistakes, &meta, &mut keys.default, text);
                } else if meta.path.is_ident("cost") {
                    let literal = text(&meta, mistakes)?;
                    let cost = mistakes.take(Cost::read(&literal));
                    set_once(mistakes, &meta, &mut keys.cost, cost);
                } else if meta.path.is_ident("needs") {
                    let literal = text(&meta, mistakes)?;
                    let need = mistakes.take(Need::read(&literal));
                    set_once(mistakes, &meta, &mut keys.needs, need);
                } else if meta.path.is_ident("each") {
                    let literal = text(&meta, mistakes)?;
                    match literal.parse_with(Ident::parse_any) {
                        Ok(setter) => set_once(mistakes, &meta, &mut keys.each, setter),
                        Err(_) => mistakes.add(
                            &literal,
                            "`each` is the name of the setter that adds one element, as in `each = \"stream\"`",
                        ),
                    }
                } else if meta.path.is_ident("required") {
                    set_once(mistakes, &meta, &mut keys.required, meta.path.clone());
                } else if meta.path.is_ident("plain") {
                    set_once(mistakes, &meta, &mut keys.plain, meta.path.clone());
                } else if meta.path.is_ident("entrusted") {
                    set_once(mistakes, &meta, &mut keys.entrusted, meta.path.clone());
                } else if meta.path.is_ident("manual") {
                    set_once(mistakes, &meta, &mut keys.manual, meta.path.clone());
                } else {
                    mistakes.add(
                        &meta.path,
                        format!(
                            "`{}` is no key of an option: write `default`, `cost`, `needs`, `entrusted`, `each`, `required`, \
                             `plain` or `manual`",
                            key(&meta)
                        ),
                    );
                    return skip_value(&meta);
                }
                Ok(())
            });
            mistakes.take(read);
        }
        keys
    }

    /// What the setter takes.
    fn door(&self, mistakes: &mut Mistakes) -> Door {
        match (&self.plain, &self.manual) {
            (None, None) => Door::Given,
            (Some(_), None) => Door::Plain,
            (None, Some(_)) => Door::Manual,
            (Some(plain), Some(_)) => {
                mistakes.add(plain, "`plain` is about the setter, and `manual` says that you write it: leave one out");
                Door::Manual
            }
        }
    }

    fn optional(&self, field: &Ident, mistakes: &mut Mistakes) -> Shape {
        self.refuse_each(mistakes);
        self.refuse_required(mistakes);
        if self.default.is_none() {
            mistakes.add(
                field,
                format!(
                    "`{field}` does not say what holds when it is not set: write `default = \"…\"`"
                ),
            );
        }
        Shape::Optional {
            default: self.default.as_ref().map(LitStr::value).unwrap_or_default(),
        }
    }

    fn each(&self, field: &Ident, mistakes: &mut Mistakes) -> Shape {
        self.refuse_required(mistakes);
        if self.each.is_none() {
            mistakes.add(
                field,
                format!("`{field}` holds several values: name the setter that adds one, as in `each = \"stream\"`"),
            );
        }
        Shape::Each {
            default: self
                .default
                .as_ref()
                .map_or_else(|| "none".to_owned(), LitStr::value),
        }
    }

    fn required(&self, field: &Ident, mistakes: &mut Mistakes) -> Shape {
        self.refuse_each(mistakes);
        if self.required.is_none() {
            mistakes.add(
                field,
                format!("`{field}` always has a value: write `required`, or make it an `Option<Setting<T>>`"),
            );
        }
        if let Some(default) = &self.default {
            mistakes.add(
                default,
                "what the constructor requires has no default: leave `default` out",
            );
        }
        if let Some(manual) = &self.manual {
            mistakes.add(
                manual,
                "what the constructor requires has no setter: leave `manual` out",
            );
        } else if self.plain.is_none() {
            mistakes.add(
                field,
                format!("`{field}` needs `plain` beside `required`: were the text refused, there would be no value"),
            );
        }
        Shape::Required
    }

    fn refuse_each(&self, mistakes: &mut Mistakes) {
        if let Some(each) = &self.each {
            mistakes.add(each, "`each` is for a field `Vec<Setting<T>>`");
        }
    }

    fn refuse_required(&self, mistakes: &mut Mistakes) {
        if let Some(required) = &self.required {
            mistakes.add(
                required,
                "`required` is for a field `Setting<T>`, which always has a value",
            );
        }
    }
}

impl Choice {
    fn read(field: &Ident, syntax: &Field, mistakes: &mut Mistakes) -> Option<Self> {
        if !syntax
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("option"))
        {
            mistakes.add(
                field,
                format!("`{field}` has no `#[option(…)]`: every field but `meta` is an option"),
            );
            return None;
        }
        let keys = Keys::read(&syntax.attrs, mistakes);
        let doc = paragraphs(&syntax.attrs).join("\n\n");
        if doc.is_empty() {
            mistakes.add(
                field,
                format!(
                    "`{field}` has no doc comment: write with `///` what the manual says of it"
                ),
            );
        }
        if keys.cost.is_none() {
            mistakes.add(
                field,
                format!(
                    "`{field}` does not say what a change costs: write `cost = \"…\"` with {}",
                    Cost::names()
                ),
            );
        }
        let door = keys.door(mistakes);
        let Some(wrapped) = Wrapped::read(&syntax.ty) else {
            mistakes.add(
                &syntax.ty,
                "an option is `Option<Setting<T>>`, `Vec<Setting<T>>` with `each`, or `Setting<T>` with `required`",
            );
            return None;
        };
        let (ty, shape) = match wrapped {
            Wrapped::Optional(ty) => (ty, keys.optional(field, mistakes)),
            Wrapped::Each(ty) => (ty, keys.each(field, mistakes)),
            Wrapped::Required(ty) => (ty, keys.required(field, mistakes)),
        };
        let setter = keys.each.unwrap_or_else(|| field.clone());
        if let Some((_, why)) = RESERVED.iter().find(|(name, _)| setter == name) {
            mistakes.add(
                &setter,
                format!("an option cannot be called `{setter}`: {why}"),
            );
        }
        Some(Self {
            field: field.clone(),
            setter,
            ty: ty.clone(),
            shape,
            door,
            cost: keys.cost??,
            needs: keys.needs.flatten(),
            entrusted: keys.entrusted.is_some(),
            doc_attributes: syntax
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("doc"))
                .cloned()
                .collect(),
            doc,
        })
    }

    /// The option's name, as the table and the findings have it.
    fn name(&self) -> String {
        self.setter.unraw().to_string()
    }
}

/// A field's type, taken apart.
enum Wrapped<'a> {
    Optional(&'a Type),
    Each(&'a Type),
    Required(&'a Type),
}

impl<'a> Wrapped<'a> {
    fn read(ty: &'a Type) -> Option<Self> {
        if let Some(inner) = argument_of("Setting", ty) {
            Some(Self::Required(inner))
        } else if let Some(inner) = argument_of("Option", ty) {
            argument_of("Setting", inner).map(Self::Optional)
        } else {
            argument_of("Vec", ty)
                .and_then(|inner| argument_of("Setting", inner))
                .map(Self::Each)
        }
    }
}

/// The `T` of `Wrapper<T>`, whatever path leads to the wrapper.
fn argument_of<'a>(wrapper: &str, ty: &'a Type) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    if arguments.args.len() != 1 {
        return None;
    }
    arguments.args.iter().find_map(|argument| {
        if let GenericArgument::Type(argument) = argument {
            Some(argument)
        } else {
            None
        }
    })
}

impl Cost {
    const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Reload,
        Self::Restart,
        Self::Recreate,
        Self::Procedure,
        Self::DataDanger,
    ];

    fn read(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        Self::ALL
            .into_iter()
            .find(|cost| cost.name() == text)
            .ok_or_else(|| {
                syn::Error::new(
                    literal.span(),
                    format!("`{text}` is not a cost: write {}", Self::names()),
                )
            })
    }

    /// As attributes say it.
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Recreate => "recreate",
            Self::Procedure => "procedure",
            Self::DataDanger => "data-danger",
        }
    }

    /// The variant of `OptionCost`.
    fn variant(self) -> Ident {
        let variant = match self {
            Self::Nothing => "Nothing",
            Self::Reload => "Reload",
            Self::Restart => "Restart",
            Self::Recreate => "Recreate",
            Self::Procedure => "Procedure",
            Self::DataDanger => "DataDanger",
        };
        Ident::new(variant, Span::call_site())
    }

    /// The sentence that ends a setter's documentation.
    fn sentence(self) -> &'static str {
        match self {
            Self::Nothing => "Nothing that runs notices a change.",
            Self::Reload => "A change is a reload.",
            Self::Restart => "A change restarts the process.",
            Self::Recreate => "A change makes the container anew; its volumes stay.",
            Self::Procedure => "A change follows a procedure.",
            Self::DataDanger => "A change in place loses data or an identity.",
        }
    }

    /// All of them, for a message.
    fn names() -> String {
        one_of(&Self::ALL.map(Self::name))
    }
}

impl Need {
    const ALL: [Self; 7] = [
        Self::Hosts,
        Self::Placement,
        Self::Networks,
        Self::Callers,
        Self::Operators,
        Self::Stacks,
        Self::Liveness,
    ];

    fn read(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        Self::ALL
            .into_iter()
            .find(|need| need.name() == text)
            .ok_or_else(|| {
                let names = one_of(&Self::ALL.map(Self::name));
                syn::Error::new(
                    literal.span(),
                    format!("`{text}` is nothing that a place to run has: write {names}"),
                )
            })
    }

    /// As attributes say it.
    fn name(self) -> &'static str {
        match self {
            Self::Hosts => "hosts",
            Self::Placement => "placement",
            Self::Networks => "networks",
            Self::Callers => "callers",
            Self::Operators => "operators",
            Self::Stacks => "stacks",
            Self::Liveness => "liveness",
        }
    }

    /// The variant of `Ability`.
    fn variant(self) -> Ident {
        let variant = match self {
            Self::Hosts => "Hosts",
            Self::Placement => "Placement",
            Self::Networks => "Networks",
            Self::Callers => "Callers",
            Self::Operators => "Operators",
            Self::Stacks => "Stacks",
            Self::Liveness => "Liveness",
        };
        Ident::new(variant, Span::call_site())
    }
}

/// Words to choose from, for a message.
fn one_of(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Notes a value, or that its key is said twice.
fn set_once<T>(mistakes: &mut Mistakes, meta: &ParseNestedMeta, slot: &mut Option<T>, value: T) {
    if slot.is_some() {
        mistakes.add(
            &meta.path,
            format!("`{}` is said twice: leave one out", key(meta)),
        );
    } else {
        *slot = Some(value);
    }
}

/// The key, as the author wrote it.
fn key(meta: &ParseNestedMeta) -> String {
    meta.path.to_token_stream().to_string()
}

/// The text of `key = "text"`. A value without quotes is a mistake, and is read as if it had them, so that nothing
/// else is said of it.
fn text(meta: &ParseNestedMeta, mistakes: &mut Mistakes) -> syn::Result<LitStr> {
    let value: Expr = meta.value()?.parse()?;
    if let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = value
    {
        return Ok(text);
    }
    let unquoted = value.to_token_stream().to_string();
    mistakes.add(
        &value,
        format!("`{0}` is text: write `{0} = \"{unquoted}\"`", key(meta)),
    );
    Ok(LitStr::new(&unquoted, value.span()))
}

/// Steps over the value of an unknown key, so that the keys after it are read too.
fn skip_value(meta: &ParseNestedMeta) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        meta.input.parse::<proc_macro2::Group>()?;
    }
    Ok(())
}

/// The paragraphs of a doc comment, each on one line: a reader breaks lines where its page ends, not where the
/// source did. Lists keep one line per entry, and fenced code stays as it is.
fn paragraphs(attributes: &[Attribute]) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut paragraph = String::new();
    let mut fenced = false;
    for line in attributes.iter().filter_map(doc_text).flat_map(|text| {
        text.lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
            .collect::<Vec<_>>()
    }) {
        let fence = line.trim_start().starts_with("```");
        if line.is_empty() && !fenced {
            if !paragraph.is_empty() {
                paragraphs.push(std::mem::take(&mut paragraph));
            }
            continue;
        }
        if !paragraph.is_empty() {
            let entry = line.starts_with("- ") || line.starts_with("* ");
            paragraph.push(if fenced || fence || entry { '\n' } else { ' ' });
        }
        paragraph.push_str(&line);
        fenced ^= fence;
    }
    if !paragraph.is_empty() {
        paragraphs.push(paragraph);
    }
    paragraphs
}

/// The text of one `#[doc = "…"]`, which is what `/// …` becomes.
fn doc_text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    if !pair.path.is_ident("doc") {
        return None;
    }
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &pair.value
    else {
        return None;
    };
    // An empty line of a comment is an empty text, which `str::lines` would not show.
    Some(if text.value().is_empty() {
        "\n".to_owned()
    } else {
        text.value()
    })
}

/// A type as authors read it: names without the paths before them, references without their lifetimes.
fn readable(ty: &Type) -> String {
    if let Type::Reference(reference) = ty {
        return format!("&{}", readable(&reference.elem));
    }
    let Type::Path(path) = ty else {
        return quote!(#ty).to_string();
    };
    let Some(last) = path.path.segments.last() else {
        return quote!(#ty).to_string();
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return last.ident.to_string();
    };
    let arguments = arguments.args.iter().map(|argument| {
        if let GenericArgument::Type(ty) = argument {
            readable(ty)
        } else {
            quote!(#argument).to_string()
        }
    });
    format!(
        "{}<{}>",
        last.ident,
        arguments.collect::<Vec<_>>().join(", ")
    )
}

/// Mistakes that are found one after the other and told together.
#[derive(Default)]
struct Mistakes(Option<syn::Error>);

impl Mistakes {
    /// Notes a mistake, and underlines all of the tokens that made it.
    fn add(&mut self, at: &impl ToTokens, text: impl std::fmt::Display) {
        self.join(syn::Error::new_spanned(at, text));
    }

    /// The value, or nothing after its error is noted.
    fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.join(error)).ok()
    }

    fn join(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Writing

impl Component {
    /// The constructor and the setters, the reference, and the two traits.
    fn write(&self) -> TokenStream {
        let inherent = self.write_inherent();
        let reference = self.write_reference();
        let traits = self.write_traits();
        quote! {
            #inherent
            #reference
            #traits
        }
    }

    fn write_inherent(&self) -> TokenStream {
        let Self {
            visibility, ident, ..
        } = self;
        let constructor = self.write_constructor();
        let setters = self
            .options
            .iter()
            .map(|option| option.write_setter(visibility));
        // An option of the component with the name of a common one takes its place.
        let common = Common::ALL
            .into_iter()
            .filter(|common| {
                self.options
                    .iter()
                    .all(|option| option.setter != common.name())
            })
            .map(|common| common.write(visibility));
        quote! {
            impl #ident {
                #constructor
                #(#setters)*
                #(#common)*
            }
        }
    }

    fn write_constructor(&self) -> TokenStream {
        let Self {
            visibility, kind, ..
        } = self;
        let required = || {
            self.options
                .iter()
                .filter(|option| matches!(option.shape, Shape::Required))
        };
        // Of the macro's own hygiene, so that an option may be called `origin`.
        let origin = Ident::new("origin", Span::mixed_site());
        let arguments = required().map(|Choice { field, ty, .. }| quote!(#field: #ty));
        let docs = required()
            .map(|option| format!("- `{}`: {}", option.field, option.doc.replace('\n', " ")));
        let fields = self.options.iter().map(|Choice { field, shape, .. }| match shape {
            Shape::Optional { .. } => quote!(#field: ::core::option::Option::None),
            Shape::Each { .. } => quote!(#field: ::lurus_spec::__private::Vec::new()),
            Shape::Required => {
                quote!(#field: ::lurus_spec::model::Setting::new(#field, ::core::clone::Clone::clone(&#origin)))
            }
        });
        let doc = format!("Describes the {kind} called `name`.");
        quote! {
            #[doc = #doc]
            #[doc = ""]
            #(#[doc = #docs])*
            #[track_caller]
            #[must_use = "a component takes part once it is added to a cluster"]
            #visibility fn new(
                name: impl ::core::convert::Into<::lurus_spec::literal::Given<::lurus_spec::literal::Name>>,
                #(#arguments,)*
            ) -> Self {
                let #origin = ::lurus_spec::report::Origin::caller();
                Self {
                    #(#fields,)*
                    meta: ::lurus_spec::model::Meta::new(::core::convert::Into::into(name), #origin),
                }
            }
        }
    }

    fn write_reference(&self) -> TokenStream {
        let Self {
            visibility,
            ident,
            kind,
            ..
        } = self;
        let reference = self.reference();
        let doc = format!("A reference to a [`{ident}`], which other components are given.");
        let name_doc = format!("Name of the {kind}.");
        let origin_doc = format!("Where the {kind} was described.");
        quote! {
            #[doc = #doc]
            #[derive(
                ::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq
            )]
            #visibility struct #reference {
                name: ::lurus_spec::literal::Name,
                origin: ::lurus_spec::report::Origin,
            }

            impl #reference {
                #[doc = #name_doc]
                #visibility fn name(&self) -> &::lurus_spec::literal::Name {
                    &self.name
                }

                #[doc = #origin_doc]
                #visibility fn origin(&self) -> &::lurus_spec::report::Origin {
                    &self.origin
                }
            }

            impl ::lurus_spec::model::ComponentRef for #reference {
                fn name(&self) -> &::lurus_spec::literal::Name {
                    &self.name
                }
            }

            impl ::core::fmt::Display for #reference {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.name, f)
                }
            }
        }
    }

    fn write_traits(&self) -> TokenStream {
        let Self {
            ident, kind, doc, ..
        } = self;
        let reference = self.reference();
        let rows = self.options.iter().map(Choice::write_row);
        let records = self
            .options
            .iter()
            .enumerate()
            .map(|(row, option)| option.write_records(row));
        quote! {
            impl ::lurus_spec::model::Settings for #ident {
                fn kind(&self) -> &'static str {
                    <Self as ::lurus_spec::model::Described>::KIND
                }

                fn manual(&self) -> ::lurus_spec::model::Manual {
                    ::lurus_spec::model::Manual::of::<Self>()
                }

                fn meta(&self) -> &::lurus_spec::model::Meta {
                    &self.meta
                }

                fn settings(&self) -> ::lurus_spec::__private::Vec<::lurus_spec::model::SettingRecord> {
                    let mut records = ::lurus_spec::__private::Vec::new();
                    #(#records)*
                    records.append(&mut self.meta.settings());
                    records
                }
            }

            impl ::lurus_spec::model::Described for #ident {
                type Ref = #reference;

                const OPTIONS: &'static [::lurus_spec::model::OptionDoc] = &[#(#rows,)*];
                const DOC: &'static str = #doc;
                const KIND: &'static str = #kind;

                fn reference(&self) -> #reference {
                    #reference {
                        name: ::core::clone::Clone::clone(&self.meta.name.value),
                        origin: ::core::clone::Clone::clone(&self.meta.name.origin),
                    }
                }
            }
        }
    }

    fn reference(&self) -> Ident {
        format_ident!("{}Ref", self.ident)
    }
}

impl Choice {
    /// The setter; nothing when the constructor sets the option, or the author writes the setter.
    fn write_setter(&self, visibility: &Visibility) -> Option<TokenStream> {
        let Self {
            field,
            setter,
            ty,
            doc_attributes,
            ..
        } = self;
        let setting = quote!(::lurus_spec::model::Setting::new(value, origin));
        let (store, often) = match &self.shape {
            Shape::Optional { default } => (
                quote!(self.#field = ::core::option::Option::Some(#setting);),
                format!("Default: {default}. Set twice, the last value holds."),
            ),
            Shape::Each { default } => (
                quote!(self.#field.push(#setting);),
                format!("Default: {default}. Each call adds one."),
            ),
            Shape::Required => return None,
        };
        let (argument, body) = match self.door {
            Door::Given => {
                let option = self.name();
                (
                    quote!(impl ::core::convert::Into<::lurus_spec::literal::Given<#ty>>),
                    quote! {
                        let value = ::core::convert::Into::into(value);
                        if let ::core::option::Option::Some(value) = self.meta.accept(#option, value, &origin) {
                            #store
                        }
                    },
                )
            }
            Door::Plain => (quote!(#ty), store),
            Door::Manual => return None,
        };
        let closing = format!("{often} {}", self.cost.sentence());
        Some(quote! {
            #(#doc_attributes)*
            #[doc = ""]
            #[doc = #closing]
            #[track_caller]
            #[must_use = "a setter returns the component that it changed"]
            #visibility fn #setter(mut self, value: #argument) -> Self {
                let origin = ::lurus_spec::report::Origin::caller();
                #body
                self
            }
        })
    }

    /// The option's row of the manual.
    fn write_row(&self) -> TokenStream {
        let name = self.name();
        let ty = readable(&self.ty);
        let default = match &self.shape {
            Shape::Optional { default } | Shape::Each { default } => {
                quote!(::core::option::Option::Some(#default))
            }
            Shape::Required => quote!(::core::option::Option::None),
        };
        let cost = self.cost.variant();
        let needs = match self.needs.map(Need::variant) {
            Some(ability) => {
                quote!(::core::option::Option::Some(::lurus_spec::model::Ability::#ability))
            }
            None => quote!(::core::option::Option::None),
        };
        let entrusted = self.entrusted;
        let doc = &self.doc;
        quote! {
            ::lurus_spec::model::OptionDoc {
                name: #name,
                ty: #ty,
                default: #default,
                cost: ::lurus_spec::model::OptionCost::#cost,
                needs: #needs,
                entrusted: #entrusted,
                doc: #doc,
            }
        }
    }

    /// The statement that records what the author set, with methods that need no trait in scope. A type without
    /// `Display` is told at the field.
    fn write_records(&self, row: usize) -> TokenStream {
        let field = &self.field;
        let row = quote!(<Self as ::lurus_spec::model::Described>::OPTIONS[#row]);
        let record = quote_spanned!(self.ty.span()=> #row.record(setting));
        match self.shape {
            Shape::Optional { .. } | Shape::Each { .. } => quote! {
                for setting in self.#field.iter() {
                    records.push(#record);
                }
            },
            Shape::Required => quote! {
                let setting = &self.#field;
                records.push(#record);
            },
        }
    }
}

impl Common {
    /// In the order of `lurus_spec::model::COMMON_OPTIONS`.
    const ALL: [Self; 5] = [
        Self::On,
        Self::Network,
        Self::Stack,
        Self::Image,
        Self::Memory,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Network => "network",
            Self::Stack => "stack",
            Self::Image => "image",
            Self::Memory => "memory",
        }
    }

    /// The first sentence of the setter's documentation.
    fn doc(self) -> &'static str {
        match self {
            Self::On => "Hosts that carry it, in order: the n-th member lives on the n-th host.",
            Self::Network => "The network on which it listens.",
            Self::Stack => {
                "The stack, a part of the cluster that starts alone, to which it belongs."
            }
            Self::Image => "Its image.",
            Self::Memory => "Memory limit of one member.",
        }
    }

    fn write(self, visibility: &Visibility) -> TokenStream {
        let name = self.name();
        let setter = Ident::new(name, Span::call_site());
        let doc = self.doc();
        let more = format!("See [`Meta::{name}`](::lurus_spec::model::Meta::{name}).");
        let plain = |ty: TokenStream| {
            (
                ty,
                quote! {
                    self.meta.#setter =
                        ::core::option::Option::Some(::lurus_spec::model::Setting::new(value, origin));
                },
            )
        };
        let given = |ty: TokenStream| {
            (
                quote!(impl ::core::convert::Into<::lurus_spec::literal::Given<#ty>>),
                quote! {
                    let value = ::core::convert::Into::into(value);
                    if let ::core::option::Option::Some(value) = self.meta.accept(#name, value, &origin) {
                        self.meta.#setter =
                            ::core::option::Option::Some(::lurus_spec::model::Setting::new(value, origin));
                    }
                },
            )
        };
        let (argument, body) = match self {
            Self::On => (
                quote!(impl ::core::iter::IntoIterator<Item = ::lurus_spec::model::HostRef>),
                quote! {
                    let hosts = ::core::iter::Iterator::collect(::core::iter::IntoIterator::into_iter(value));
                    self.meta.on = ::core::option::Option::Some(::lurus_spec::model::Setting::new(hosts, origin));
                },
            ),
            Self::Network => plain(quote!(::lurus_spec::model::NetworkRef)),
            Self::Image => plain(quote!(::lurus_spec::model::ImageRef)),
            Self::Stack => given(quote!(::lurus_spec::literal::Name)),
            Self::Memory => given(quote!(::lurus_spec::literal::Size)),
        };
        quote! {
            #[doc = #doc]
            #[doc = ""]
            #[doc = #more]
            #[track_caller]
            #[must_use = "a setter returns the component that it changed"]
            #visibility fn #setter(mut self, value: #argument) -> Self {
                let origin = ::lurus_spec::report::Origin::caller();
                #body
                self
            }
        }
    }
}

#[cfg(test)]
mod tests;
