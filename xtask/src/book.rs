//! `cargo xtask book`: the documents as a site, in `dist/book`.
//!
//! The documents stay next to what they describe. `docs/SUMMARY.md` lists those of the site; they keep the layout
//! of the repository, so that links between them work, and links to anything else lead to the forge. Then every
//! link in mdBook's output is followed.

use crate::readme::markdown_link;
use crate::tools::MDBOOK;
use crate::{root, steps, target_dir};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

const FORGE: &str = "https://github.com/oomparse/oomparse";

/// Builds the site and follows its links.
pub(crate) fn build() -> Result<(), String> {
    MDBOOK.bring()?;
    let work = target_dir().join("book");
    _ = fs::remove_dir_all(&work);
    let summary = read(&root().join("docs/SUMMARY.md"))?;
    let pages = pages(&summary);
    for page in &pages {
        let text = relinked(&read(&root().join(page))?, page, &pages, |image| {
            copy(&root().join(image), &work.join("src").join(image))
        })?;
        write(&work.join("src").join(page), &text)?;
    }
    write(&work.join("src/SUMMARY.md"), &summary_at_root(&summary))?;
    copy(&root().join("docs/book.toml"), &work.join("book.toml"))?;
    let site = root().join("dist/book");
    _ = fs::remove_dir_all(&site);
    let mut mdbook = MDBOOK.command(&["build"]);
    steps::run(mdbook.arg(&work).arg("--dest-dir").arg(&site))?;
    let followed = follow(&site)?;
    println!(
        "    dist/book: {} pages, {followed} links within it",
        pages.len()
    );
    Ok(())
}

/// The pages that the summary lists, from the repository's root.
fn pages(summary: &str) -> BTreeSet<PathBuf> {
    let mut pages = BTreeSet::new();
    for (_, target) in links(summary) {
        pages.insert(resolved(Path::new("docs"), target));
    }
    pages
}

/// The summary for a folder with the same layout as the repository.
fn summary_at_root(summary: &str) -> String {
    replaced(summary, |target| {
        Some(resolved(Path::new("docs"), target).display().to_string())
    })
}

/// A page whose links lead to pages of the site, to images, which are copied, or to the forge.
fn relinked(
    text: &str,
    page: &Path,
    pages: &BTreeSet<PathBuf>,
    mut image: impl FnMut(&Path) -> Result<(), String>,
) -> Result<String, String> {
    let dir = page.parent().unwrap_or(Path::new(""));
    let mut trouble = Ok(());
    let text = replaced(text, |target| {
        let (path, _) = target.split_once('#').unwrap_or((target, ""));
        if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
            return None;
        }
        let path = resolved(dir, path);
        if pages.contains(&path) {
            return as_index(target);
        }
        if path
            .extension()
            .is_some_and(|end| end == "png" || end == "svg")
        {
            trouble = trouble.clone().and_then(|()| image(&path));
            return None;
        }
        // A link to a folder leads to its README.
        if pages.contains(&path.join("README.md")) {
            return Some(format!("{}/index.md", target.trim_end_matches('/')));
        }
        let kind = if root().join(&path).is_dir() {
            "tree"
        } else {
            "blob"
        };
        let fragment = target.split_once('#').map(|(_, name)| format!("#{name}"));
        Some(format!(
            "{FORGE}/{kind}/main/{}{}",
            path.display(),
            fragment.unwrap_or_default()
        ))
    });
    trouble.map(|()| text)
}

/// mdBook makes `index.html` of a `README.md`, and leaves the links to it as they are.
fn as_index(target: &str) -> Option<String> {
    let (before, after) = target.split_once("README.md")?;
    Some(format!("{before}index.md{after}"))
}

/// The text with its link targets replaced, where there is a replacement.
fn replaced(text: &str, mut other: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut end = 0;
    for (at, target) in links(text) {
        if let Some(new) = other(target) {
            out.push_str(text.get(end..at).unwrap_or_default());
            out.push_str(&new);
            end = at + target.len();
        }
    }
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

/// The targets of the links outside code, with their places in the text.
fn links(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut in_code, mut start) = (Vec::new(), false, 0);
    for line in text.split_inclusive('\n') {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        let mut from = 0;
        while !fence
            && !in_code
            && let Some((at, target)) = markdown_link(line, from)
        {
            found.push((start + at, target));
            from = at + target.len();
        }
        start += line.len();
    }
    found
}

/// A path without `..` in it.
fn resolved(dir: &Path, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in dir.join(target).components() {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

/// Follows every link from the site's pages to a file of the site; returns their number.
fn follow(site: &Path) -> Result<usize, String> {
    let (mut count, mut broken) = (0, Vec::new());
    for page in html(site)? {
        let text = read(&page)?;
        let dir = page.parent().unwrap_or(site);
        for part in ["href=\"", "src=\""]
            .iter()
            .flat_map(|key| text.split(key).skip(1))
        {
            let target = part.split(['"', '#', '?']).next().unwrap_or_default();
            if target.is_empty() || target.contains(':') || target.starts_with('/') {
                continue;
            }
            count += 1;
            if !dir.join(target).exists() {
                broken.push(format!("{}: `{target}` leads nowhere", page.display()));
            }
        }
    }
    if broken.is_empty() && count > 0 {
        return Ok(count);
    }
    Err(format!(
        "of {count} links {} are broken\n{}",
        broken.len(),
        broken.join("\n")
    ))
}

fn html(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))? {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            found.extend(html(&path)?);
        } else if path.extension().is_some_and(|end| end == "html") {
            found.push(path);
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(dir) = to.parent() {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| format!("{}: {e}", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_the_summary_is_there_and_every_document_is_listed() {
        let summary = read(&root().join("docs/SUMMARY.md")).unwrap();
        let pages = pages(&summary);
        for page in &pages {
            assert!(root().join(page).is_file(), "{}", page.display());
        }
        for file in fs::read_dir(root().join("docs")).unwrap() {
            let name = file.unwrap().file_name().to_string_lossy().into_owned();
            let listed = pages.contains(&Path::new("docs").join(&name));
            assert!(
                listed || !name.ends_with(".md") || name == "SUMMARY.md",
                "{name} is not listed"
            );
        }
        assert!(summary_at_root(&summary).contains("](docs/schema.md)"));
    }

    #[test]
    fn links_lead_to_pages_images_and_the_forge() {
        let pages: BTreeSet<PathBuf> = ["README.md", "docs/a.md", "cli/README.md"]
            .map(PathBuf::from)
            .into();
        let text = "[a](../README.md) [b](a.md#x) [c](../xtask/src/main.rs#L1) [d](../cli)\n![e](page/e.png)\n```\n[f](../no.rs)\n```\n[g](#here) [h](https://i.j)\n";
        let mut images = Vec::new();
        let out = relinked(text, Path::new("docs/b.md"), &pages, |image| {
            images.push(image.to_owned());
            Ok(())
        });
        let expected = format!(
            "[a](../index.md) [b](a.md#x) [c]({FORGE}/blob/main/xtask/src/main.rs#L1) [d](../cli/index.md)\n![e](page/e.png)\n```\n[f](../no.rs)\n```\n[g](#here) [h](https://i.j)\n"
        );
        assert_eq!(out.unwrap(), expected);
        assert_eq!(images, [Path::new("docs/page/e.png")]);
    }
}
