CREATE TABLE IF NOT EXISTS customers (
    id BIGINT PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT NOT NULL, country TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS loans (
    branch TEXT NOT NULL, number BIGINT NOT NULL, reference TEXT NOT NULL UNIQUE, customer_id BIGINT NOT NULL REFERENCES customers (id),
    status TEXT NOT NULL, principal_cents BIGINT NOT NULL, interest_cents BIGINT NOT NULL, decided_by TEXT, reason TEXT,
    PRIMARY KEY (branch, number));
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, loan TEXT NOT NULL REFERENCES loans (reference), paid_on TEXT NOT NULL, amount_cents BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS audit_notes (
    id TEXT PRIMARY KEY, loan TEXT NOT NULL REFERENCES loans (reference), author TEXT NOT NULL, body TEXT NOT NULL);
INSERT INTO customers VALUES
    (1, 'Ada Lovelace', 'ada@example.com', 'Bremen', 'DE'), (2, 'Sam Porter', NULL, 'Paris', 'FR'),
    (3, 'Mia Wong', 'mia@example.com', 'Leeds', 'GB') ON CONFLICT DO NOTHING;
INSERT INTO loans VALUES
    ('BRE', 1, 'BRE-1', 1, 'pending', 500000, 0, NULL, NULL), ('BRE', 2, 'BRE-2', 1, 'approved', 120000, 0, NULL, NULL),
    ('PAR', 1, 'PAR-1', 2, 'pending', 90000, 0, NULL, NULL), ('LEE', 1, 'LEE-1', 3, 'approved', 2500000, 0, NULL, NULL)
    ON CONFLICT DO NOTHING;
