//! Checks of tokio-postgres and sqlx. Arguments: port, driver.

mod over_sqlx;
mod over_tokio_postgres;

pub type Checked = Result<(), Box<dyn std::error::Error>>;

/// Rows of this query would take hours.
pub const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE a.i * 7 % 13 > b.j % 17";

pub fn ok(name: impl std::fmt::Display) {
    println!("ok {name}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Checked {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [port, "tokio-postgres"] => over_tokio_postgres::check(port.parse()?).await,
        [port, "sqlx"] => over_sqlx::check(port.parse()?).await,
        _ => Err("usage: rust-clients PORT DRIVER".into()),
    }
}
