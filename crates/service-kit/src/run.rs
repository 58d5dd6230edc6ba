/// Why a service stopped although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Database(#[from] crate::db::OpenError),
    #[error(transparent)]
    Serve(#[from] crate::serve::ServeError),
    /// A setting contradicts another, or names what cannot be used. The text says which and what helps.
    #[error("{0}")]
    Settings(String),
    /// Background work of the service ended.
    #[error("{what} ended: {cause}")]
    Background { what: &'static str, cause: String },
}
