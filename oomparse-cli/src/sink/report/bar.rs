//! Bars and sparklines.

use super::super::screen::Screen;

/// Width of a bar on the narrowest screen, and maximum width.
const BAR: usize = 20;
const LONGEST_BAR: usize = 60;

/// The characters of a stacked bar's parts without colour, the largest kind of memory first.
const BLOCKS: [char; 8] = ['█', '▓', '▒', '░', '▚', '▞', '▖', '·'];
const LETTERS: [char; 8] = ['#', '=', '+', ':', 'o', 'x', '-', '.'];
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const PLAIN_SPARKS: [char; 8] = ['.', '.', ':', ':', '+', '+', '#', '#'];

/// Draws for one screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bars {
    unicode: bool,
    /// Columns of a bar.
    pub(crate) width: usize,
}

impl Bars {
    pub(crate) fn new(screen: Screen) -> Self {
        let wider = screen.width.saturating_sub(super::super::screen::NARROWEST);
        Self {
            unicode: screen.unicode,
            width: (BAR + wider / 2).min(LONGEST_BAR),
        }
    }

    /// `███████░░░`: this part of the whole; a full bar if it is more.
    pub(crate) fn usage(&self, part: u64, whole: u64) -> String {
        let full = share(part.min(whole), whole, self.width);
        let (filled, empty) = if self.unicode {
            ('█', '░')
        } else {
            ('#', '.')
        };
        let bar = std::iter::repeat_n(filled, full);
        bar.chain(std::iter::repeat_n(empty, self.width - full))
            .collect()
    }

    /// A bar of at most `width` columns without its empty part; every number except 0 shows something.
    pub(crate) fn length(&self, part: u64, whole: u64, width: usize) -> String {
        let full = share(part, whole, width).max(usize::from(part > 0));
        let filled = if self.unicode { '█' } else { '#' };
        std::iter::repeat_n(filled, full.min(width)).collect()
    }

    /// The mark of the nth part of a stacked bar.
    pub(crate) fn mark(&self, part: usize) -> char {
        let marks = if self.unicode { BLOCKS } else { LETTERS };
        *marks.get(part).unwrap_or(&' ')
    }

    /// The piece of the nth part in a stacked bar. If the parts add up to the whole, their pieces fill the bar.
    pub(crate) fn piece(&self, part: usize, before: u64, size: u64, whole: u64) -> String {
        let from = share(before.min(whole), whole, self.width);
        let to = share(before.saturating_add(size).min(whole), whole, self.width);
        std::iter::repeat_n(self.mark(part), to - from).collect()
    }

    /// `▁▁█▃`: one column for each number.
    pub(crate) fn spark(&self, numbers: &[u64]) -> String {
        let most = numbers.iter().copied().max().unwrap_or(0);
        let sparks = if self.unicode { SPARKS } else { PLAIN_SPARKS };
        let column = |&number: &u64| match number {
            0 => ' ',
            number => {
                let height = share(number, most, sparks.len()).max(1);
                *sparks.get(height - 1).unwrap_or(&' ')
            }
        };
        numbers.iter().map(column).collect()
    }
}

/// `part / whole` of `columns`, rounded; `part` is at most `whole`.
fn share(part: u64, whole: u64, columns: usize) -> usize {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    let columns = columns as u128;
    let share = (part.min(whole) * columns + whole / 2) / whole;
    usize::try_from(share).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> Bars {
        Bars::new(Screen::plain(80))
    }

    #[test]
    fn usage_is_never_longer_than_the_bar() {
        assert_eq!(
            bars().usage(1, 2),
            format!("{}{}", "█".repeat(10), "░".repeat(10))
        );
        assert_eq!(bars().usage(u64::MAX, 1), "█".repeat(20));
        assert_eq!(bars().usage(0, 0), "░".repeat(20));
    }

    #[test]
    fn pieces_fill_the_bar() {
        let parts = [7u64, 90, 1, 2];
        let (mut before, mut text) = (0, String::new());
        for (part, size) in parts.into_iter().enumerate() {
            text += &bars().piece(part, before, size, 100);
            before += size;
        }
        assert_eq!(text.chars().count(), 20);
        assert!(text.starts_with("█▓"));
    }

    #[test]
    fn sparks_show_the_smallest_number_and_hide_zero() {
        assert_eq!(bars().spark(&[1, 0, 100, 50]), "▁ █▄");
        assert_eq!(bars().spark(&[]), "");
    }
}
