//! The table of precedence on machines in memory: each case says what is there and who must win.

mod support;

mod candidates;
mod environment;
mod floors;
mod gotoolchain;
mod layouts;
mod machines;
mod pins;
mod rows;
mod shares;
mod userlands;
mod wsl;
