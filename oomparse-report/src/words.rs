//! Text as words that are never broken, each with its style.

/// How a word looks; without colour all words look the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Like the text around it.
    #[default]
    Plain,
    /// To be noticed first.
    Strong,
    /// Less important.
    Faint,
    /// The nth part of a stacked bar, or its name.
    Part(usize),
}

/// A word, or several that stay on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Its text, without control characters.
    pub text: String,
    /// How it looks.
    pub look: Look,
    /// No space precedes it; a line may still break there.
    pub tight: bool,
}

/// Text as words that are never broken. No word contains a control character: names come from `Text`'s escaped
/// form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<Word>);

impl From<String> for Words {
    /// The text as one word.
    fn from(text: String) -> Self {
        Self::default().glued(text)
    }
}

impl Words {
    /// Adds text that may be broken at its spaces.
    #[must_use]
    pub fn say(self, text: &str) -> Self {
        let words = text.split(' ').filter(|word| !word.is_empty());
        words.fold(self, |words, word| words.glued(word))
    }

    /// Adds text that stays together on one line.
    #[must_use]
    pub fn glued(self, text: impl Into<String>) -> Self {
        self.push(text.into(), Look::Plain, false)
    }

    /// Adds text that stays together and is to be noticed first.
    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.push(text.into(), Look::Strong, false)
    }

    /// Adds text directly after the existing text.
    #[must_use]
    pub fn tight(self, text: impl Into<String>) -> Self {
        self.push(text.into(), Look::Plain, true)
    }

    /// Adds text that looks like the nth part of a bar, directly after what is there.
    #[must_use]
    pub fn part(self, text: impl Into<String>, part: usize, tight: bool) -> Self {
        let text = text.into();
        if text.is_empty() {
            return self;
        }
        self.push(text, Look::Part(part), tight)
    }

    /// Adds other words.
    #[must_use]
    pub fn then(mut self, mut words: Self) -> Self {
        if let Some(first) = words.0.first_mut() {
            first.tight |= self.ends_wide() || first.text.starts_with('，');
        }
        self.0.extend(words.0);
        self
    }

    /// Adds other words directly after what is there.
    #[must_use]
    pub fn then_tight(mut self, mut words: Self) -> Self {
        if let Some(first) = words.0.first_mut() {
            first.tight = true;
        }
        self.0.extend(words.0);
        self
    }

    /// Writes punctuation directly after the last word.
    #[must_use]
    pub fn mark(mut self, mark: &str) -> Self {
        match self.0.last_mut() {
            Some(word) => word.text.push_str(mark),
            None => self = self.glued(mark),
        }
        self
    }

    /// Whether there is no word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Word> {
        self.0.iter()
    }

    /// All on one line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.0 {
            if !word.tight && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }

    /// Whether the last word ends with a mark that brings its own space, as Chinese ones do.
    fn ends_wide(&self) -> bool {
        let last = self.0.last().and_then(|word| word.text.chars().last());
        last.is_some_and(|letter| "：；，。、（".contains(letter))
    }

    fn push(mut self, text: String, look: Look, tight: bool) -> Self {
        let tight = tight || self.ends_wide();
        self.0.push(Word { text, look, tight });
        self
    }
}

/// Items with commas between them; a line breaks only there.
#[must_use]
pub fn list(items: &[String]) -> Words {
    let last = items.len().saturating_sub(1);
    let items = items.iter().enumerate();
    items.fold(Words::default(), |words, (index, item)| {
        let words = words.glued(item.as_str());
        if index < last { words.mark(",") } else { words }
    })
}

/// Text cut to so many characters, with `...` for what is missing.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(3));
    kept.chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("/kubepods", 9), "/kubepods");
        assert_eq!(cut("/kubepods/x", 9), "/kubep...");
    }

    #[test]
    fn one_line_of_words() {
        let words = Words::default()
            .say("of pod")
            .strong("web")
            .mark(",")
            .tight("x");
        assert_eq!(words.text(), "of pod web,x");
        assert_eq!(list(&["a b".to_owned(), "c".to_owned()]).text(), "a b, c");
    }
}
