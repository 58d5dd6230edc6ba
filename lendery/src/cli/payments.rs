use clap::Subcommand;
use payment_api::PaymentId;

#[derive(Debug, Subcommand)]
pub(crate) enum Payments {
    /// Show what waits to be paid at the desk.
    Desk,
    /// Note that somebody has paid at the desk; the order goes on then. Noted twice, it was paid once.
    Paid {
        /// The payment's id, as the list has it.
        payment: PaymentId,
    },
}
