//! Faults as text for people, in the shape a Rust programmer knows from the compiler.
//!
//! It does not know what a fault is about. The one surprise: `Display` is plain, and colour is asked for with
//! [`Faults::coloured`], because only the caller knows whether the reader is a terminal.

use std::fmt::{self, Display, Formatter};

use super::fault::{Fault, Faults};
use super::place::Mark;

/// Faults in ANSI colours, for a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Coloured<'a>(&'a Faults);

/// ANSI sequences around the parts of a fault; all empty when plain.
struct Palette {
    error: &'static str,
    bold: &'static str,
    frame: &'static str,
    end: &'static str,
}

const PLAIN: Palette = Palette {
    error: "",
    bold: "",
    frame: "",
    end: "",
};

/// The compiler's own choice: bright red for the fault, bright blue for what frames it.
const COLOURED: Palette = Palette {
    error: "\x1b[1;91m",
    bold: "\x1b[1m",
    frame: "\x1b[1;94m",
    end: "\x1b[0m",
};

impl Faults {
    /// The same text in colours.
    pub fn coloured(&self) -> Coloured<'_> {
        Coloured(self)
    }

    fn render(&self, f: &mut Formatter<'_>, paint: &Palette) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "\n" })?;
            fault.render(f, paint, &self.file)?;
        }
        match self.omitted {
            0 => Ok(()),
            more => writeln!(
                f,
                "\n{}error{}: {more} more faults are not shown",
                paint.error, paint.end
            ),
        }
    }
}

impl Display for Faults {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.render(f, &PLAIN)
    }
}

impl Display for Coloured<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.render(f, &COLOURED)
    }
}

impl Fault {
    fn render(&self, f: &mut Formatter<'_>, paint: &Palette, file: &str) -> fmt::Result {
        let Palette {
            error,
            bold,
            frame,
            end,
        } = paint;
        let gutter = self.gutter();
        writeln!(f, "{error}error{end}{bold}: {}{end}", self.message)?;
        writeln!(
            f,
            "{frame}{:gutter$}-->{end} {file}:{}:{}",
            "", self.line, self.column
        )?;
        writeln!(f, "{frame}{:gutter$} |{end}", "")?;
        self.marks(f, paint, gutter)?;
        let Some(help) = &self.help else {
            return Ok(());
        };
        writeln!(f, "{frame}{:gutter$} |{end}", "")?;
        writeln!(f, "{frame}{:gutter$} ={end} {bold}help{end}: {help}", "")
    }

    fn gutter(&self) -> usize {
        let other = self.other.as_ref().map_or(0, |(mark, _)| mark.line);
        self.line.max(other).to_string().len()
    }

    /// The marked lines in the order of the file, with an ellipsis where lines are left out.
    fn marks(&self, f: &mut Formatter<'_>, paint: &Palette, gutter: usize) -> fmt::Result {
        let own = (&self.mark, '^', paint.error, "");
        let Some((other, label)) = &self.other else {
            return draw(f, paint, gutter, own);
        };
        let other = (other, '-', paint.frame, label.as_str());
        let (first, second) = if other.0.line <= self.line {
            (other, own)
        } else {
            (own, other)
        };
        draw(f, paint, gutter, first)?;
        if (first.0.line, &first.0.excerpt) == (second.0.line, &second.0.excerpt) {
            return underline(f, paint, gutter, second);
        }
        if second.0.line > first.0.line + 1 {
            writeln!(f, "{}...{}", paint.frame, paint.end)?;
        }
        draw(f, paint, gutter, second)
    }
}

/// A mark, its sign, the colour of the sign, and the label beside it.
type Drawn<'a> = (&'a Mark, char, &'a str, &'a str);

fn draw(f: &mut Formatter<'_>, paint: &Palette, gutter: usize, drawn: Drawn<'_>) -> fmt::Result {
    let Palette { frame, end, .. } = paint;
    let line = format!(
        "{frame}{:>gutter$} |{end} {}",
        drawn.0.line, drawn.0.excerpt
    );
    writeln!(f, "{}", line.trim_end())?;
    underline(f, paint, gutter, drawn)
}

fn underline(
    f: &mut Formatter<'_>,
    Palette { frame, end, .. }: &Palette,
    gutter: usize,
    (mark, sign, colour, label): Drawn<'_>,
) -> fmt::Result {
    let signs = sign.to_string().repeat(mark.width);
    let under = format!("{}{colour}{signs} {label}", " ".repeat(mark.indent));
    writeln!(f, "{frame}{:gutter$} |{end} {}{end}", "", under.trim_end())
}
