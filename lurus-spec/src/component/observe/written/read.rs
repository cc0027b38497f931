//! From the text of a file to its groups, and everything that is wrong with it at once.

use crate::component::observe::written::{
    Placed, WrittenGroup, WrittenKind, WrittenRule, WrittenRules, WrittenText,
};
use crate::literal::{Duration, Name};
use crate::model::RuleFile;
use crate::promql;
use crate::report::{Code, Diagnostic, Lines, nearest};
use crate::yaml::read::{Value, Written, read as read_yaml};

/// The code of what keeps a file from being one of rules.
const FORM: Code = Code::new("L1106");

/// What a group may say, as Prometheus 2.48 reads it.
const OF_GROUP: &[&str] = &["name", "interval", "limit", "rules"];

/// What an alert may say.
const OF_ALERT: &[&str] = &[
    "alert",
    "expr",
    "for",
    "keep_firing_for",
    "labels",
    "annotations",
];

/// What a recording may say.
const OF_RECORDING: &[&str] = &["record", "expr", "labels"];

pub(super) fn read(file: &RuleFile) -> WrittenRules {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let stem = name.strip_suffix(".yml").unwrap_or(name);
    let mut reader = Reader {
        lines: Lines::of(&file.path, &file.text),
        mistakes: Vec::new(),
    };
    if let Err(why) = stem.parse::<Name>() {
        reader.tell(
            0,
            "this is the name of a file of rules",
            format!("`{name}`: {why}"),
        );
        reader.help("rename the file to one such as `team.yml`");
    }
    let groups = match read_yaml(&file.text) {
        Ok(Some(root)) => reader.file(&root),
        Ok(None) => {
            reader.tell(0, "", format!("nothing stands in {}", file.path));
            reader.help("write `groups:` with a list of groups, or delete the file");
            Vec::new()
        }
        Err(mistake) => {
            let why = format!("{} is not read as YAML: {}", file.path, mistake.why);
            reader.tell(mistake.at, "", why);
            Vec::new()
        }
    };
    WrittenRules {
        stem: stem.to_owned(),
        groups,
        mistakes: reader.mistakes,
    }
}

struct Reader<'f> {
    lines: Lines<'f>,
    mistakes: Vec<Diagnostic>,
}

/// The keys of a table that is read, with their values.
struct Table<'w> {
    /// Where it begins.
    at: usize,
    entries: &'w [(Written, Written)],
}

impl<'w> Table<'w> {
    fn find(&self, key: &str) -> Option<&'w Written> {
        let mut entries = self.entries.iter();
        let found = entries.find(|(other, _)| other.text() == Some(key));
        found.map(|(_, value)| value)
    }
}

impl Reader<'_> {
    /// Notes a mistake: its place, what is said there, and what is wrong.
    fn tell(&mut self, at: usize, here: &str, why: impl AsRef<str>) {
        let finding = Diagnostic::error(FORM, why.as_ref()).primary(self.lines.origin(at), here);
        self.mistakes.push(finding);
    }

    /// Says what to type against the last mistake.
    fn help(&mut self, help: impl Into<String>) {
        if let Some(last) = self.mistakes.pop() {
            self.mistakes.push(last.help(help));
        }
    }

    fn file(&mut self, root: &Written) -> Vec<WrittenGroup> {
        let Some(table) = self.table(root, "a file of rules", &["groups"]) else {
            return Vec::new();
        };
        let Some(groups) = self.needed(&table, "groups", "the file") else {
            return Vec::new();
        };
        let mut read: Vec<WrittenGroup> = Vec::new();
        for item in self.list(groups, "`groups`") {
            let Some(group) = self.group(item) else {
                continue;
            };
            if read
                .iter()
                .any(|other| other.name.value == group.name.value)
            {
                let why = format!("there are two groups `{}`", group.name.value);
                self.tell(item.source.start, "", why);
                self.help("put their rules into one, or name them differently");
            }
            read.push(group);
        }
        read
    }

    fn group(&mut self, item: &Written) -> Option<WrittenGroup> {
        let table = self.table(item, "a group", OF_GROUP)?;
        let name = self.needed(&table, "name", "the group");
        let name = name.and_then(|name| self.name(name, "a group"));
        let interval = table
            .find("interval")
            .and_then(|value| self.time(value, "interval"));
        if let Some(none) = interval
            .as_ref()
            .filter(|time| time.value == Duration::millis(0))
        {
            let finding = Diagnostic::error(FORM, "a group is evaluated all the time")
                .primary(
                    none.origin.clone(),
                    "no time passes between two evaluations",
                )
                .help("leave `interval` out, or write one such as `1m`");
            self.mistakes.push(finding);
        }
        let limit = table.find("limit").and_then(|value| {
            let number = value.text().and_then(|text| text.parse().ok());
            if number.is_none() {
                self.tell(value.source.start, "", "`limit` is a number of results");
                self.help("write a whole number, or leave it out");
            }
            number
        });
        let rules = self.needed(&table, "rules", "the group");
        let rules = rules.map_or(Vec::new(), |rules| self.list(rules, "`rules`").to_vec());
        let rules = rules.iter().filter_map(|rule| self.rule(rule)).collect();
        Some(WrittenGroup {
            name: name?,
            interval,
            limit,
            rules,
        })
    }

    fn rule(&mut self, item: &Written) -> Option<WrittenRule> {
        let Value::Map(entries) = &item.value else {
            self.tell(item.source.start, "", "a rule is a table");
            self.help("write `- alert: …` with `expr: …` below it");
            return None;
        };
        let has = |key: &str| entries.iter().any(|(other, _)| other.text() == Some(key));
        let (kind, key, keys) = match (has("alert"), has("record")) {
            (true, false) => (WrittenKind::Alert, "alert", OF_ALERT),
            (false, true) => (WrittenKind::Recording, "record", OF_RECORDING),
            (true, true) => {
                self.tell(
                    item.source.start,
                    "",
                    "a rule is an alert or a recording, not both",
                );
                self.help("make two rules of it");
                return None;
            }
            (false, false) => {
                let known: Vec<&str> = OF_ALERT.iter().chain(OF_RECORDING).copied().collect();
                self.unknown(entries, "a rule", &known);
                self.tell(item.source.start, "", "a rule is an alert or a recording");
                self.help("write `alert: …` or `record: …` with a name");
                return None;
            }
        };
        let table = self.table(item, key_words(kind), keys)?;
        let name = self.needed(&table, key, "the rule");
        let name = name.and_then(|name| self.name(name, key));
        let expression = self.needed(&table, "expr", "the rule");
        let expression = expression.and_then(|value| self.text(value, "`expr`"));
        let mut time = |key: &str| table.find(key).and_then(|value| self.time(value, key));
        let (hold, keep_firing) = (time("for"), time("keep_firing_for"));
        let labels = self.texts(&table, "labels");
        let annotations = self.texts(&table, "annotations");
        let name = name?;
        if kind == WrittenKind::Recording && !is_series(&name.value) {
            let title = format!("`{}` is no name of a series", name.value);
            let finding = Diagnostic::error(FORM, title)
                .primary(name.origin.clone(), "letters, digits, `_` and `:`")
                .help("write one such as `job:http_requests:rate5m`");
            self.mistakes.push(finding);
        }
        Some(WrittenRule {
            kind,
            name,
            expression: expression?,
            hold,
            keep_firing: keep_firing.map(|time| time.value),
            labels,
            annotations,
        })
    }

    fn texts(&mut self, table: &Table<'_>, key: &str) -> Vec<(Placed<String>, WrittenText)> {
        let Some(value) = table.find(key).filter(|value| !value.is_nothing()) else {
            return Vec::new();
        };
        let Value::Map(entries) = &value.value else {
            self.tell(
                value.source.start,
                "",
                format!("`{key}` is a table of texts"),
            );
            self.help(format!(
                "write `{key}:`, and below it a name with a text on each line"
            ));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (name, text) in entries {
            let Some(name) = self.name(name, key) else {
                continue;
            };
            if !is_label(&name.value) {
                let title = format!("`{}` is no name in `{key}`", name.value);
                let finding = Diagnostic::error(FORM, title)
                    .primary(name.origin.clone(), "letters, digits and `_`")
                    .help("write one such as `severity` or `runbook_url`");
                self.mistakes.push(finding);
            }
            let Some(text) = self.text(text, &format!("`{}`", name.value)) else {
                continue;
            };
            if let Some(at) = unclosed(&text.text) {
                let title = format!(
                    "`{}` begins something with `{{{{` that never ends",
                    name.value
                );
                let finding = Diagnostic::error(FORM, title)
                    .primary(text.place(at), "`}}` is missing")
                    .help("write it as in `{{ $labels.instance }}`");
                self.mistakes.push(finding);
            }
            texts.push((name, text));
        }
        texts
    }

    /// The table that is read, after its keys were compared with those that it may have.
    fn table<'w>(&mut self, item: &'w Written, what: &str, keys: &[&str]) -> Option<Table<'w>> {
        let Value::Map(entries) = &item.value else {
            self.tell(item.source.start, "", format!("{what} is a table"));
            self.help(format!("write `{}: …`", keys[0]));
            return None;
        };
        self.unknown(entries, what, keys);
        Some(Table {
            at: item.source.start,
            entries,
        })
    }

    fn unknown(&mut self, entries: &[(Written, Written)], what: &str, keys: &[&str]) {
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if keys.contains(&name) {
                continue;
            }
            self.tell(key.source.start, "", format!("{what} has no `{name}`"));
            match nearest(name, keys.iter().copied()) {
                Some(meant) => self.help(format!("did you mean `{meant}`?")),
                None => self.help(format!("it may have `{}`", keys.join("`, `"))),
            }
        }
    }

    fn needed<'w>(&mut self, table: &Table<'w>, key: &str, what: &str) -> Option<&'w Written> {
        let found = table.find(key).filter(|value| !value.is_nothing());
        if found.is_none() {
            self.tell(table.at, "", format!("{what} has no `{key}`"));
            self.help(format!("write `{key}: …`"));
        }
        found
    }

    fn list<'w>(&mut self, value: &'w Written, what: &str) -> &'w [Written] {
        match &value.value {
            Value::Seq(items) => items,
            Value::Text(_) | Value::Map(_) => {
                self.tell(value.source.start, "", format!("{what} is a list"));
                self.help("begin each of its items with `- `");
                &[]
            }
        }
    }

    fn name(&mut self, value: &Written, what: &str) -> Option<Placed<String>> {
        let origin = self.lines.origin(value.source.start);
        let name = self.text(value, &format!("the name in `{what}`"))?;
        if name.text.is_empty() {
            self.tell(
                value.source.start,
                "",
                format!("the name in `{what}` is empty"),
            );
            self.help("write a name");
            return None;
        }
        Some(Placed {
            value: name.text,
            origin,
        })
    }

    fn time(&mut self, value: &Written, key: &str) -> Option<Placed<Duration>> {
        let text = value.text().unwrap_or_default();
        // The one span of time that needs no unit.
        let read = match text {
            "0" => Ok(Duration::millis(0)),
            _ => promql::duration(text, value.source.start),
        };
        match read {
            Ok(time) => Some(Placed {
                value: time,
                origin: self.lines.origin(value.source.start),
            }),
            Err(mistake) => {
                self.tell(mistake.at, "", format!("`{key}` is no span of time"));
                self.help(format!("write `{key}: 5m`"));
                None
            }
        }
    }

    fn text(&mut self, value: &Written, what: &str) -> Option<WrittenText> {
        let Some(text) = value.text().filter(|_| !value.is_nothing()) else {
            self.tell(value.source.start, "", format!("{what} is no text"));
            self.help("write a text, in quotes where it has signs of YAML in it");
            return None;
        };
        // They would be taken for the places that a target fills.
        if let Some(sign) = text
            .chars()
            .find(|sign| ('\u{F0000}'..='\u{FFFFF}').contains(sign))
        {
            let why = format!("{what} has {} in it", sign.escape_unicode());
            self.tell(value.source.start, "", why);
            self.help("leave that sign out: no font has it");
            return None;
        }
        let places = value.places(self.lines.text()).into_iter();
        Some(WrittenText {
            text: text.to_owned(),
            origin: self.lines.origin(value.source.start),
            places: places
                .map(|(at, byte)| (at, self.lines.origin(byte)))
                .collect(),
        })
    }
}

fn key_words(kind: WrittenKind) -> &'static str {
    match kind {
        WrittenKind::Alert => "an alert",
        WrittenKind::Recording => "a recording",
    }
}

fn is_series(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn is_label(name: &str) -> bool {
    is_series(name) && !name.contains(':') && name != "__name__"
}

/// Where something is begun with `{{` that is never ended: the whole file would be refused for it.
fn unclosed(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(begin) = text[at..].find("{{") {
        let inside = at + begin + 2;
        match text[inside..].find("}}") {
            Some(end) => at = inside + end + 2,
            None => return Some(inside - 2),
        }
    }
    None
}
