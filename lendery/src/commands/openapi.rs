use anyhow::bail;

/// Prints the document of one service as its `api/openapi.json` holds it.
#[expect(clippy::print_stdout, reason = "the outcome of a command")]
pub(super) fn print(service: &str) -> anyhow::Result<()> {
    let document = match service {
        "users" => user_service::openapi(),
        "inventory" => inventory_service::openapi(),
        "payments" => payment_service::openapi(),
        "orders" => order_service::openapi(),
        other => bail!("there is no service {other}; the services are users, inventory, payments and orders"),
    };
    println!("{}", document.to_pretty_json()?);
    Ok(())
}
