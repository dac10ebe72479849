//! GitHub's workflows: `actions/setup-go` with its `go-version` and `go-version-file`, and the images of jobs.

use super::document::Node;
use super::image;
use super::statement::{Choice, Wanted};

/// What a workflow says.
#[derive(Debug, Default)]
pub(super) struct Workflow {
    /// Versions, those of one matrix together.
    pub(super) versions: Vec<Vec<Choice>>,
    /// Files that setup-go is to read: the line, and the path from the repository's top.
    pub(super) files: Vec<(usize, String)>,
}

/// Reads `.github/workflows/*.yml`, of which `root` is all.
pub(super) fn read(root: &Node) -> Workflow {
    let mut workflow = Workflow::default();
    let jobs = root.get("jobs");
    for (_, job) in jobs.into_iter().flat_map(Node::entries) {
        let container = job.get("container");
        let image = container.and_then(|it| it.get("image").or(Some(it)));
        if let Some((image, text)) = image.and_then(|image| Some((image, image.text()?))) {
            let scope = Scope { root, job, step: image };
            let choices = scope.choices("image", image, text, image::go_of);
            workflow.versions.extend(choices);
        }
        for step in job.get("steps").into_iter().flat_map(Node::items) {
            let uses = step.get("uses").and_then(Node::text).unwrap_or_default();
            let Some(with) = step.get("with").filter(|_| uses.starts_with("actions/setup-go@"))
            else {
                continue;
            };
            let scope = Scope { root, job, step };
            // A version counts more than a file, as setup-go has it.
            let of = |key| with.get(key).and_then(|node| Some((node, node.text()?)));
            if let Some((node, text)) = of("go-version").filter(|(_, text)| !text.is_empty()) {
                let wanted = |text: &str| Some(Wanted::of_range(text));
                workflow.versions.extend(scope.choices("go-version", node, text, wanted));
            } else if let Some((node, text)) = of("go-version-file") {
                workflow.files.push((node.line, text.to_owned()));
            }
        }
    }
    workflow
}

/// What an expression in a step can name.
struct Scope<'a> {
    root: &'a Node,
    job: &'a Node,
    step: &'a Node,
}

impl Scope<'_> {
    /// The versions that a value with `${{ matrix.… }}` or `${{ env.… }}` in it comes to.
    fn choices(
        &self,
        key: &str,
        node: &Node,
        text: &str,
        read: impl Fn(&str) -> Option<Wanted>,
    ) -> Option<Vec<Choice>> {
        let choice =
            |line, text: &str| Some(Choice::new(line, &format!("{key}: {text}"), read(text)?));
        let Some((before, expression, after)) = expression(text) else {
            return choice(node.line, text).map(|choice| vec![choice]);
        };
        // Of an image its name decides whether it is one of Go.
        let unknown = || {
            read(text)?;
            Some(vec![Choice::new(node.line, &format!("{key}: {text}"), Wanted::Unknown)])
        };
        if after.contains("${{") {
            return unknown();
        }
        let values = match expression.split_once('.') {
            Some(("matrix", name)) => self.matrix(name),
            Some(("env", name)) => self.variable(name).into_iter().collect(),
            _ => Vec::new(),
        };
        let choices: Vec<_> = values
            .into_iter()
            .filter_map(|value| {
                let line = value.line;
                let value = value.text()?;
                choice(line, &format!("{before}{value}{after}"))
            })
            .collect();
        if choices.is_empty() { unknown() } else { Some(choices) }
    }

    /// The values of a matrix's key, those of `include` too.
    fn matrix(&self, name: &str) -> Vec<&Node> {
        let Some(matrix) = self.job.at(&["strategy", "matrix"]) else { return Vec::new() };
        let values = matrix.get(name).map(Node::one_or_more).unwrap_or_default();
        let includes = matrix.get("include").into_iter().flat_map(Node::items);
        values.into_iter().chain(includes.filter_map(|include| include.get(name))).collect()
    }

    /// The nearest `env` that has a name.
    fn variable(&self, name: &str) -> Option<&Node> {
        [self.step, self.job, self.root].into_iter().find_map(|scope| scope.at(&["env", name]))
    }
}

/// What stands before the first `${{ … }}`, in it, and after it.
fn expression(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${{")?;
    let (expression, after) = rest.split_once("}}")?;
    Some((before, expression.trim(), after))
}

#[cfg(test)]
mod tests {
    use super::super::document::{Language, parse};
    use super::*;

    const WORKFLOW: &str = "\
env: { GO: '1.21' }
jobs:
  fixed:
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-go@v5
        with: { go-version: 1.20 }
      - uses: actions/setup-go@v5
        with: { go-version: '${{ env.GO }}' }
      - uses: actions/setup-go@v5
        env: { GO: '1.19' }
        with: { go-version: '${{ env.GO }}.x' }
      - uses: actions/setup-go@v5
        with:
          go-version-file: go.mod
      - uses: actions/setup-go@v5
        with: { go-version: '${{ inputs.go }}' }
  matrix:
    container: golang:${{ matrix.go }}-alpine
    strategy:
      matrix:
        go: [ '1.22', stable ]
        include:
          - go: 1.23.x
            os: macos
          - os: windows
    steps:
      - uses: actions/setup-go@v5
        with:
          go-version: ${{ matrix.go }}
  other:
    container: { image: 'node:20' }
    uses: ./.github/workflows/x.yml
";

    #[test]
    fn every_way_to_say_it() {
        let root = parse(Language::Yaml, WORKFLOW).expect("a workflow");
        let workflow = read(&root);
        let seen: Vec<Vec<_>> = workflow
            .versions
            .iter()
            .map(|group| group.iter().map(|it| (it.line, it.text.as_str())).collect())
            .collect();
        assert_eq!(
            seen,
            [
                vec![(7, "go-version: 1.20")],
                vec![(1, "go-version: 1.21")],
                vec![(11, "go-version: 1.19.x")],
                vec![(17, "go-version: ${{ inputs.go }}")],
                vec![
                    (22, "image: golang:1.22-alpine"),
                    (22, "image: golang:stable-alpine"),
                    (24, "image: golang:1.23.x-alpine")
                ],
                vec![
                    (22, "go-version: 1.22"),
                    (22, "go-version: stable"),
                    (24, "go-version: 1.23.x")
                ],
            ]
        );
        assert_eq!(workflow.versions[3][0].wanted, Wanted::Unknown);
        assert_eq!(workflow.files, [(15, "go.mod".to_owned())]);
    }

    #[test]
    fn other_shapes_say_nothing() {
        for content in
            ["", "jobs: 1", "jobs: [a]", "jobs: {a: {steps: {uses: x}}}", "jobs: {a: {steps: [1]}}"]
        {
            let workflow = read(&parse(Language::Yaml, content).expect("a document"));
            assert!(workflow.versions.is_empty() && workflow.files.is_empty(), "{content}");
        }
    }
}
