-- The tables of the demo on SQLite; `schema.postgres.sql` has the same for PostgreSQL. Amounts are whole cents; moments
-- are text in UTC, spelt as CURRENT_TIMESTAMP spells them.

CREATE TABLE companies (
    id               INTEGER   PRIMARY KEY AUTOINCREMENT,
    name             TEXT      NOT NULL UNIQUE,
    industry         TEXT      NOT NULL,
    headquarters     TEXT      NOT NULL,
    status           TEXT      NOT NULL DEFAULT 'signed_up'
                               CHECK (status IN ('signed_up', 'pending', 'live', 'rejected')),
    balance_cents    INTEGER   NOT NULL DEFAULT 0,
    tracking_number  TEXT,
    created_at       TIMESTAMP NOT NULL
);

CREATE TABLE users (
    id                    INTEGER   PRIMARY KEY AUTOINCREMENT,
    company_id            INTEGER   NOT NULL REFERENCES companies (id),
    firstname             TEXT      NOT NULL,
    lastname              TEXT      NOT NULL,
    email                 TEXT      NOT NULL UNIQUE,
    must_change_password  BOOLEAN   NOT NULL DEFAULT FALSE,
    created_at            TIMESTAMP NOT NULL
);

CREATE TABLE customers (
    id               INTEGER   PRIMARY KEY AUTOINCREMENT,
    company_id       INTEGER   NOT NULL REFERENCES companies (id),
    firstname        TEXT      NOT NULL,
    lastname         TEXT      NOT NULL,
    email            TEXT      NOT NULL UNIQUE,
    stripe_id        TEXT      NOT NULL UNIQUE,
    card_brand       TEXT      NOT NULL,
    card_last4       TEXT      NOT NULL,
    invoice_sent_at  TIMESTAMP,
    reminded_at      TIMESTAMP,
    created_at       TIMESTAMP NOT NULL
);

CREATE TABLE transactions (
    id                      INTEGER   PRIMARY KEY AUTOINCREMENT,
    reference               TEXT      NOT NULL UNIQUE,
    emitter_company_id      INTEGER   NOT NULL REFERENCES companies (id),
    beneficiary_company_id  INTEGER   NOT NULL REFERENCES companies (id),
    customer_id             INTEGER   REFERENCES customers (id),
    amount_cents            INTEGER   NOT NULL CHECK (amount_cents > 0),
    note                    TEXT      NOT NULL,
    emitted_at              TIMESTAMP NOT NULL,
    refunded_at             TIMESTAMP
);

CREATE INDEX transactions_by_emitter ON transactions (emitter_company_id);
CREATE INDEX transactions_by_beneficiary ON transactions (beneficiary_company_id);
CREATE INDEX transactions_by_customer ON transactions (customer_id);

-- one document of each kind per company: uploading again replaces it
CREATE TABLE documents (
    id           INTEGER   PRIMARY KEY AUTOINCREMENT,
    company_id   INTEGER   NOT NULL REFERENCES companies (id),
    kind         TEXT      NOT NULL,
    file_name    TEXT      NOT NULL,
    media_type   TEXT      NOT NULL,
    content      BLOB      NOT NULL,
    uploaded_by  TEXT      NOT NULL,
    uploaded_at  TIMESTAMP NOT NULL,
    UNIQUE (company_id, kind)
);

-- kept in the file: says which demo made it, see `prepare.rs`
PRAGMA user_version = 3;
