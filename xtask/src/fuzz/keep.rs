//! Chooses the inputs to keep: a small set that reaches all code that was reached, as far as there is room.
//!
//! libFuzzer's set cover takes the input that reaches the most, so long ones, and has no bound; this takes the
//! input that reaches the most for its length, first for code that is reached at all, and then for how often it
//! runs.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashSet};
use std::path::{Path, PathBuf};

/// What the replay has time for.
pub(super) const MOST: usize = 1500;

/// What the replay asks for: where fewer reach everything, what was kept before fills up.
pub(super) const LEAST: usize = 1000;

/// An input costs this beside its length: each is a line to read and a call to make.
const ONE: u64 = 64;

/// What stands in front of the names of inputs that were kept before.
pub(super) const KEPT: &str = "kept-";

/// An input, and what it reaches.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    length: u64,
    /// libFuzzer's features: eight for each edge, by how often it was gone.
    features: Vec<u32>,
}

impl Input {
    fn was_kept(&self) -> bool {
        let name = self.path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(KEPT))
    }

    /// What was kept counts for half, so that the text changes little from run to run.
    fn cost(&self) -> u64 {
        let cost = (ONE + self.length) * 2;
        if self.was_kept() { cost / 2 } else { cost }
    }
}

/// Reads the control file of a set cover merge: names, then a length and the features of each.
pub(super) fn inputs(control: &str) -> Result<Vec<Input>, String> {
    let mut lines = control.lines();
    let count = |line: Option<&str>| line.and_then(|line| line.trim().parse::<usize>().ok());
    let all = count(lines.next()).ok_or("the control file begins with no number")?;
    count(lines.next()).ok_or("the control file has no count of a first corpus")?;
    let mut inputs: Vec<Input> = lines
        .by_ref()
        .take(all)
        .map(|name| Input {
            path: Path::new(name).to_path_buf(),
            length: 0,
            features: Vec::new(),
        })
        .collect();
    let mut reached = 0;
    for line in lines {
        let mut words = line.split(' ');
        let kind = words.next().unwrap_or_default();
        let mut numbers = words.filter_map(|word| word.parse::<u32>().ok());
        let at = numbers.next().and_then(|at| usize::try_from(at).ok());
        let Some(input) = at.and_then(|at| inputs.get_mut(at)) else {
            return Err(format!("the control file has no input with `{kind}`"));
        };
        match kind {
            "STARTED" => input.length = numbers.next().unwrap_or(0).into(),
            "FT" => {
                input.features = numbers.collect();
                reached += 1;
            }
            _ => {}
        }
    }
    if reached < all {
        return Err(format!(
            "{} of {all} inputs did not end well in the merge",
            all - reached
        ));
    }
    Ok(inputs)
}

/// The inputs to keep, and how many of them are needed to reach what is reached.
pub(super) fn choose(inputs: &[Input], least: usize, most: usize) -> (Vec<&Input>, usize) {
    let mut chosen = BTreeSet::new();
    let edge = |feature: u32| feature / 8;
    cover(inputs, &mut chosen, most, edge);
    cover(inputs, &mut chosen, most, |feature| feature);
    let needed = chosen.len();
    let mut others: Vec<(u64, usize)> = inputs
        .iter()
        .enumerate()
        .filter(|(at, input)| input.was_kept() && !chosen.contains(at))
        .map(|(at, input)| (input.length, at))
        .collect();
    others.sort_unstable();
    let room = least.saturating_sub(needed);
    chosen.extend(others.into_iter().take(room).map(|(_, at)| at));
    let chosen = chosen.into_iter().filter_map(|at| inputs.get(at));
    (chosen.collect(), needed)
}

/// Adds inputs until all is reached or there are `most`: always the one that reaches most new for its cost.
fn cover(inputs: &[Input], chosen: &mut BTreeSet<usize>, most: usize, what: impl Fn(u32) -> u32) {
    let reaches: Vec<Vec<u32>> = inputs
        .iter()
        .map(|input| {
            // In order, as libFuzzer writes them.
            let mut all: Vec<u32> = input.features.iter().map(|f| what(*f)).collect();
            all.dedup();
            all
        })
        .collect();
    let reaches = |at: usize| reaches.get(at).into_iter().flatten().copied();
    let mut reached: HashSet<u32> = chosen.iter().flat_map(|at| reaches(*at)).collect();
    let worth = |at: usize, reached: &HashSet<u32>| {
        let new = reaches(at).filter(|what| !reached.contains(what)).count() as u64;
        let cost = inputs.get(at).map_or(u64::MAX, Input::cost);
        (new << 32) / cost
    };
    // What an input is worth only falls, so that one which is still worth what the next was is the best.
    let mut queue: BinaryHeap<(u64, Reverse<usize>)> = (0..inputs.len())
        .filter(|at| !chosen.contains(at))
        .map(|at| (worth(at, &reached), Reverse(at)))
        .collect();
    while let Some((_, Reverse(at))) = queue.pop() {
        let now = worth(at, &reached);
        if chosen.len() >= most {
            return;
        }
        match queue.peek() {
            _ if now == 0 => {}
            Some((next, _)) if now < *next => queue.push((now, Reverse(at))),
            _ => {
                chosen.insert(at);
                reached.extend(reaches(at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, choose, inputs};

    /// Files, lengths and features as a merge leaves them.
    const CONTROL: &str = "5\n0\nin/a\nin/b\nin/c\nin/kept-00000\nin/kept-00001\n\
        STARTED 0 10\nFT 0 8 16\nCOV 0 1 2\n\
        STARTED 1 900\nFT 1 8 16 24\nCOV 1 3\n\
        STARTED 2 12\nFT 2 24\nCOV 2\n\
        STARTED 3 11\nFT 3 8 17\nCOV 3\n\
        STARTED 4 500\nFT 4 8\nCOV 4\n";

    fn names(chosen: &[&Input]) -> Vec<String> {
        let name = |input: &&Input| input.path.display().to_string();
        chosen.iter().map(name).collect()
    }

    #[test]
    fn short_inputs_that_reach_everything_are_kept() {
        let inputs = inputs(CONTROL).expect("a control file");
        let (chosen, needed) = choose(&inputs, 0, 10);
        assert_eq!(names(&chosen), ["in/a", "in/c", "in/kept-00000"]);
        assert_eq!(needed, 3);
    }

    #[test]
    fn code_comes_before_how_often_it_runs() {
        let inputs = inputs(CONTROL).expect("a control file");
        let (chosen, needed) = choose(&inputs, 0, 2);
        assert_eq!(names(&chosen), ["in/c", "in/kept-00000"]);
        assert_eq!(needed, 2);
    }

    #[test]
    fn what_was_kept_fills_up() {
        let inputs = inputs(CONTROL).expect("a control file");
        let (chosen, needed) = choose(&inputs, 4, 10);
        assert_eq!(names(&chosen)[2..], ["in/kept-00000", "in/kept-00001"]);
        assert_eq!((chosen.len(), needed), (4, 3));
    }

    #[test]
    fn an_input_that_ended_the_merge_is_an_error() {
        let cut = CONTROL.split("FT 4").next().expect("a beginning");
        let sentence = inputs(cut).expect_err("one did not end");
        assert!(sentence.starts_with("1 of 5 inputs"), "{sentence}");
        inputs("").expect_err("nothing");
    }
}
