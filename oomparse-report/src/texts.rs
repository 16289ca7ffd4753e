//! The catalogue: each text in each language, by its key.

use crate::units::number;
use crate::words::Words;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A language that people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// The language of a tag such as `zh-CN`; English for languages without texts.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        let base = tag.split(['-', '_']).next().unwrap_or_default();
        match base {
            "zh" => Self::Zh,
            _ => Self::En,
        }
    }

    /// The name of a [`Part`](crate::Part) or another text without values, by its key.
    #[must_use]
    pub fn label(self, key: &'static str) -> &'static str {
        self.text(key)
    }

    /// A text of the catalogue; its key if there is none.
    pub(crate) fn text(self, key: &'static str) -> &'static str {
        let Some(texts) = catalogue().get(key) else {
            return key;
        };
        match self {
            Self::En => &texts.en,
            Self::Zh => &texts.zh,
        }
    }

    /// A text with its `{names}` replaced.
    pub(crate) fn say(self, key: &'static str, values: &[(&str, Words)]) -> Words {
        fill(self.text(key), values)
    }

    /// `1 page`, `2,000 pages`: the text for one or the text for many.
    pub(crate) fn count(self, one: &'static str, many: &'static str, n: u64) -> String {
        let key = if n == 1 { one } else { many };
        self.text(key).replace("{n}", &number(n))
    }

    /// A page count. The page size is not in the log, so pages stay pages.
    #[must_use]
    pub fn pages(self, n: u64) -> String {
        self.count("pages_one", "pages_many", n)
    }

    /// Items of one list, in a line.
    pub(crate) fn join(self, items: Vec<String>) -> String {
        items.join(self.text("comma"))
    }
}

#[derive(Deserialize)]
struct Texts {
    en: String,
    zh: String,
}

/// The meaning of a term in the reports: a field, or a word of the kernel or of Kubernetes.
#[must_use]
pub fn term(name: &str, lang: Lang) -> Option<&'static str> {
    let texts = terms().get(name)?;
    Some(match lang {
        Lang::En => &texts.en,
        Lang::Zh => &texts.zh,
    })
}

/// The terms that [`term`] explains, in order.
#[must_use]
pub fn term_names() -> Vec<&'static str> {
    let mut names: Vec<&str> = terms().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn terms() -> &'static HashMap<String, Texts> {
    static TERMS: OnceLock<HashMap<String, Texts>> = OnceLock::new();
    TERMS.get_or_init(|| {
        serde_json::from_str(include_str!("../texts/terms.json")).unwrap_or_default()
    })
}

fn catalogue() -> &'static HashMap<String, Texts> {
    static CATALOGUE: OnceLock<HashMap<String, Texts>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        serde_json::from_str(include_str!("../texts/report.json")).unwrap_or_default()
    })
}

/// Inserts values in place of their names in braces.
fn fill(text: &str, values: &[(&str, Words)]) -> Words {
    let mut words = Words::default();
    let mut rest = text;
    let mut spaced = true;
    while let Some((before, name, after)) = placeholder(rest) {
        words = literal(words, before, spaced);
        spaced = before.ends_with(' ') || before.is_empty() && spaced;
        let value = values.iter().find(|(known, _)| *known == name);
        if let Some((_, value)) = value {
            words = if spaced {
                words.then(value.clone())
            } else {
                words.then_tight(value.clone())
            };
        }
        spaced = false;
        rest = after;
    }
    literal(words, rest, spaced)
}

/// The text before the first name in braces, the name, and the text after it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Adds the text between two values.
fn literal(words: Words, text: &str, spaced: bool) -> Words {
    if text.is_empty() || spaced || text.starts_with(' ') || words.is_empty() {
        return words.say(text);
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    // Punctuation never begins a line.
    let words = if first.chars().all(|letter| letter.is_ascii_punctuation()) {
        words.mark(first)
    } else {
        words.tight(first)
    };
    words.say(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_the_same_names_in_each_language() {
        let names = |mut text: &str| {
            let mut names = Vec::new();
            while let Some((_, name, after)) = placeholder(text) {
                names.push(name.to_owned());
                text = after;
            }
            names.sort();
            names
        };
        assert!(catalogue().len() > 60 && terms().len() > 60);
        for (key, texts) in catalogue().iter().chain(terms()) {
            assert_eq!(names(&texts.en), names(&texts.zh), "{key}");
            assert!(!texts.en.is_empty() && !texts.zh.is_empty(), "{key}");
        }
    }

    #[test]
    fn values_stand_where_the_text_says() {
        let values = [
            ("who", Words::default().strong("java")),
            ("n", "3".to_owned().into()),
        ];
        let said = |text: &str| fill(text, &values).text();
        assert_eq!(said("{who} of {n}, was killed"), "java of 3, was killed");
        assert_eq!(said("{n} 中的 {who} 被杀"), "3 中的 java 被杀");
        assert_eq!(said("共{n}个{who}。"), "共3个java。");
        assert_eq!(said("{unknown}: {who}"), ": java");
    }

    #[test]
    fn languages_of_tags() {
        assert_eq!(Lang::of_tag("zh-Hans-CN"), Lang::Zh);
        assert_eq!(Lang::of_tag("zh_CN.UTF-8"), Lang::Zh);
        assert_eq!(Lang::of_tag("de"), Lang::En);
    }
}
