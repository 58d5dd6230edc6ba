//! sea-orm models of the tables of [`crate::schema`], without the columns that only their databases know.

pub(crate) mod outbox {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) position: i64,
        pub(crate) sequence: Option<i64>,
        pub(crate) id: Uuid,
        pub(crate) r#type: String,
        pub(crate) aggregate: String,
        pub(crate) aggregate_id: Uuid,
        pub(crate) version: i64,
        pub(crate) before: Option<Json>,
        pub(crate) after: Option<Json>,
        pub(crate) occurred_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod head {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox_head")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i32,
        pub(crate) sequence: i64,
        pub(crate) published: i64,
        pub(crate) publisher: Option<Uuid>,
        pub(crate) leased_until: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod watermark {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox_watermark")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) producer: String,
        pub(crate) sequence: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod inbox {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) producer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sequence: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod failed {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inbox_failed")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) producer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sequence: i64,
        pub(crate) event: Json,
        pub(crate) attempts: i32,
        pub(crate) error: String,
        pub(crate) dead: bool,
        pub(crate) next_attempt_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
