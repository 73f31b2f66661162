//! The initial rows of the demo: invented, believable, and the same on every machine.
//!
//! Generated from a fixed number, without a clock, so that tests and screenshots stay valid. [`insert`](super::insert)
//! writes the rows.

use crate::actions::companies::kinds_of_legal_documents;

/// Seed of the generator.
const SEED: u64 = 0x00F0_4E57;

const COMPANIES: i64 = 40;
const USERS: i64 = 80;
const CUSTOMERS: i64 = 90;
/// Later customers have got an invoice.
const INVOICED_FROM: i64 = 60;
const TRANSFERS: i64 = 160;

/// All rows, parents first.
#[derive(Debug, PartialEq)]
pub(crate) struct Data {
    pub(super) companies: Vec<Company>,
    pub(super) users: Vec<User>,
    pub(super) customers: Vec<Customer>,
    pub(super) transactions: Vec<Transaction>,
    pub(super) documents: Vec<Document>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Company {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) industry: &'static str,
    pub(super) headquarters: &'static str,
    pub(super) status: &'static str,
    pub(super) created_at: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) company_id: i64,
    pub(super) firstname: &'static str,
    pub(super) lastname: &'static str,
    pub(super) email: String,
    pub(super) created_at: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Customer {
    pub(super) id: i64,
    pub(super) company_id: i64,
    pub(super) firstname: &'static str,
    pub(super) lastname: &'static str,
    pub(super) email: String,
    pub(super) stripe_id: String,
    pub(super) card_brand: &'static str,
    pub(super) card_last4: String,
    pub(super) invoice_sent_at: Option<String>,
    pub(super) created_at: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Transaction {
    pub(super) id: i64,
    pub(super) reference: String,
    pub(super) emitter_company_id: i64,
    pub(super) beneficiary_company_id: i64,
    pub(super) customer_id: Option<i64>,
    pub(super) amount_cents: i64,
    pub(super) note: &'static str,
    pub(super) emitted_at: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub(super) id: i64,
    pub(super) company_id: i64,
    pub(super) kind: &'static str,
    pub(super) file_name: String,
    pub(super) content: String,
    pub(super) uploaded_at: String,
}

/// Generates everything.
pub(crate) fn data() -> Data {
    let mut dice = Dice(SEED);
    let companies: Vec<Company> = (1..=COMPANIES).map(|id| company(&mut dice, id)).collect();
    let users = (1..=USERS).map(|id| user(&mut dice, id)).collect();
    let customers: Vec<Customer> = (1..=CUSTOMERS).map(|id| customer(&mut dice, id)).collect();
    let mut transactions: Vec<Transaction> = Vec::new();
    for customer in &customers {
        for _ in 0..dice.between(2, 6) {
            transactions.push(purchase(&mut dice, customer));
        }
    }
    transactions.extend((0..TRANSFERS).map(|_| transfer(&mut dice)));
    // a ledger is numbered in the order of time
    transactions.sort_by(|a, b| a.emitted_at.cmp(&b.emitted_at));
    for (transaction, id) in transactions.iter_mut().zip(1..) {
        transaction.id = id;
        transaction.reference = format!("TX-{id:05}");
    }
    let documents = companies
        .iter()
        .filter(|company| company.status == "live")
        .flat_map(documents);
    let documents = documents
        .zip(1..)
        .map(|(document, id)| Document { id, ..document })
        .collect();
    Data {
        companies,
        users,
        customers,
        transactions,
        documents,
    }
}

fn company(dice: &mut Dice, id: i64) -> Company {
    // two lists whose lengths share no divisor with the step between them: each pair comes once
    let first = pick(&COMPANY_FIRST, id - 1);
    let second = pick(&COMPANY_SECOND, (id - 1) * 3 + (id - 1) / 20);
    Company {
        id,
        name: format!("{first} {second}"),
        industry: dice.pick(&INDUSTRIES),
        headquarters: dice.pick(&CITIES),
        // dealt in turn, so that there are some of each; the first is the operator, which is live
        status: pick(&STATUSES, id - 1),
        created_at: dice.moment(2024),
    }
}

/// The company of that number, one of those with which [`grow`](super::grow) makes a back office large. The number is in
/// its name, because a name comes once.
pub(super) fn company_number(id: i64) -> Company {
    // a separate generator, so that a company does not depend on earlier ones
    let mut dice = Dice(SEED ^ u64::try_from(id).unwrap_or_default());
    let (first, second) = (dice.pick(&COMPANY_FIRST), dice.pick(&COMPANY_SECOND));
    let year = dice.between(2016, 2024);
    Company {
        id,
        name: format!("{first} {second} {id}"),
        industry: dice.pick(&INDUSTRIES),
        headquarters: dice.pick(&CITIES),
        status: dice.pick(&STATUSES),
        created_at: dice.moment(year),
    }
}

fn user(dice: &mut Dice, id: i64) -> User {
    let (firstname, lastname) = dice.person();
    User {
        id,
        company_id: (id - 1) % COMPANIES + 1,
        firstname,
        lastname,
        email: email(firstname, lastname, id, "example.com"),
        created_at: dice.moment(2024),
    }
}

fn customer(dice: &mut Dice, id: i64) -> Customer {
    let (firstname, lastname) = dice.person();
    let mut customer = Customer {
        id,
        // the operator is never a customer
        company_id: dice.between(super::OPERATOR_ID + 1, COMPANIES),
        firstname,
        lastname,
        email: email(firstname, lastname, id, "example.org"),
        stripe_id: format!("cus_{:014x}", dice.next() >> 8),
        card_brand: dice.pick(&["Visa", "Mastercard", "American Express"]),
        card_last4: format!("{:04}", dice.between(0, 9999)),
        invoice_sent_at: None,
        created_at: dice.moment(2024),
    };
    // without the dice, on which the other rows depend
    customer.invoice_sent_at = (id > INVOICED_FROM).then(|| customer.created_at.replacen("2024", "2025", 1));
    customer
}

/// A customer pays the operator.
fn purchase(dice: &mut Dice, customer: &Customer) -> Transaction {
    Transaction {
        id: 0,
        reference: String::new(),
        emitter_company_id: customer.company_id,
        beneficiary_company_id: super::OPERATOR_ID,
        customer_id: Some(customer.id),
        amount_cents: dice.between(950, 89_000),
        note: dice.pick(&PURCHASES),
        emitted_at: dice.moment(2025),
    }
}

/// A company pays another.
fn transfer(dice: &mut Dice) -> Transaction {
    let emitter = dice.between(2, COMPANIES);
    let step = dice.between(1, COMPANIES - 2);
    Transaction {
        id: 0,
        reference: String::new(),
        emitter_company_id: emitter,
        // a step round the circle of the others never ends where it began
        beneficiary_company_id: (emitter - 2 + step) % (COMPANIES - 1) + 2,
        customer_id: None,
        amount_cents: dice.between(12_000, 2_500_000),
        note: dice.pick(&TRANSFERRED_FOR),
        emitted_at: dice.moment(2025),
    }
}

fn documents(company: &Company) -> impl Iterator<Item = Document> + '_ {
    kinds_of_legal_documents().map(|kind| Document {
        id: 0,
        company_id: company.id,
        kind,
        file_name: format!("{}.txt", kind.to_lowercase().replace(' ', "-")),
        content: format!("{kind}\n{}\n{}\n", company.name, company.headquarters),
        uploaded_at: company.created_at.clone(),
    })
}

/// The id keeps two people of one name apart; accents do not belong into the address.
fn email(firstname: &str, lastname: &str, id: i64, domain: &str) -> String {
    let plain = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter_map(|letter| match letter {
                'é' | 'ë' | 'è' => Some('e'),
                'ö' | 'ó' => Some('o'),
                'ü' => Some('u'),
                'í' => Some('i'),
                letter if letter.is_ascii_alphabetic() => Some(letter),
                _ => None,
            })
            .collect()
    };
    format!("{}.{}{id}@{domain}", plain(firstname), plain(lastname))
}

/// The entry at `index`, round and round.
fn pick(list: &[&'static str], index: i64) -> &'static str {
    let index = usize::try_from(index).unwrap_or_default();
    list.get(index % list.len().max(1)).copied().unwrap_or_default()
}

/// SplitMix64: a few lines that give the same numbers everywhere and for ever. Not for secrets.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        // 62 bits, so that the number fits with either sign
        let drawn = i64::try_from(self.next() >> 2).unwrap_or_default();
        low + drawn % (high - low + 1).max(1)
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        let index = i64::try_from(self.next() >> 2).unwrap_or_default();
        pick(list, index)
    }

    fn person(&mut self) -> (&'static str, &'static str) {
        (self.pick(&FIRST_NAMES), self.pick(&LAST_NAMES))
    }

    fn moment(&mut self, year: i64) -> String {
        let (month, day) = (self.between(1, 12), self.between(1, 28));
        let (hour, minute) = (self.between(7, 19), self.between(0, 59));
        // in UTC, as SQLite spells CURRENT_TIMESTAMP
        format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:00")
    }
}

const COMPANY_FIRST: [&str; 20] = [
    "Evergreen",
    "Bluewater",
    "Copperfield",
    "Northgate",
    "Silverline",
    "Larkspur",
    "Ironbridge",
    "Sunnyside",
    "Kestrel",
    "Harbour",
    "Foxglove",
    "Millstone",
    "Redwood",
    "Clearview",
    "Thistle",
    "Granite",
    "Juniper",
    "Lighthouse",
    "Meadow",
    "Falcon",
];
const COMPANY_SECOND: [&str; 11] = [
    "Supplies",
    "Logistics",
    "Foods",
    "Software",
    "Textiles",
    "Energy",
    "Studios",
    "Instruments",
    "Partners",
    "Ceramics",
    "Travel",
];
const STATUSES: [&str; 8] = [
    "live",
    "pending",
    "live",
    "signed_up",
    "live",
    "rejected",
    "pending",
    "signed_up",
];
const INDUSTRIES: [&str; 8] = [
    "Retail",
    "Transport",
    "Food",
    "Software",
    "Manufacturing",
    "Energy",
    "Media",
    "Services",
];
const CITIES: [&str; 10] = [
    "London", "Paris", "Berlin", "Lisbon", "Dublin", "Zürich", "Oslo", "Ghent", "Porto", "Leeds",
];
const FIRST_NAMES: [&str; 24] = [
    "Alice", "Amir", "Beatriz", "Chloé", "Daniel", "Elena", "Farah", "George", "Hannah", "Ines", "Jonas", "Kofi",
    "Léa", "Marco", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Sven", "Tara", "Umar", "Wendy", "Zoë",
];
const LAST_NAMES: [&str; 26] = [
    "Andersson",
    "Baker",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "García",
    "Hughes",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Laurent",
    "Müller",
    "Nowak",
    "O'Brien",
    "Patel",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Taylor",
    "Ueda",
    "Vargas",
    "Weber",
    "Yilmaz",
    "Zhang",
    "Björk",
];
const PURCHASES: [&str; 10] = [
    "Monthly subscription",
    "Extra seats (5)",
    "Onboarding workshop",
    "Priority support",
    "Data import",
    "Replacement terminal",
    "Paper rolls, box of 50",
    "Annual maintenance",
    "Custom report",
    "Training day",
];
const TRANSFERRED_FOR: [&str; 8] = [
    "Invoice settlement",
    "Freight, second quarter",
    "Raw materials",
    "Office rent",
    "Consulting fees",
    "Advance payment",
    "Equipment lease",
    "Refund of deposit",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn seeding_is_deterministic() {
        assert_eq!(data(), data());
    }

    #[test]
    fn the_generator_matches_the_published_test_vectors() {
        // the first outputs of SplitMix64 for the seed 1234567, so that a slip in the arithmetic shows
        let mut dice = Dice(1_234_567);
        assert_eq!(dice.next(), 6_457_827_717_110_365_317);
        assert_eq!(dice.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn seeding_creates_a_few_hundred_rows_with_distinct_names() {
        let data = data();
        let names: HashSet<&str> = data.companies.iter().map(|company| company.name.as_str()).collect();
        assert_eq!(names.len(), 40);
        assert_eq!(
            data.companies.first().map(|company| company.name.as_str()),
            Some("Evergreen Supplies")
        );
        assert!(
            (300..900).contains(&data.transactions.len()),
            "{}",
            data.transactions.len()
        );
        assert!(data.documents.len() >= 40);
        for status in ["live", "pending", "signed_up", "rejected"] {
            assert!(
                data.companies.iter().any(|company| company.status == status),
                "{status}"
            );
        }
    }

    #[test]
    fn no_company_pays_itself_and_every_customer_has_an_order() {
        let data = data();
        assert!(
            data.transactions
                .iter()
                .all(|t| t.emitter_company_id != t.beneficiary_company_id)
        );
        assert!(
            data.customers
                .iter()
                .all(|customer| data.transactions.iter().any(|t| t.customer_id == Some(customer.id)))
        );
    }
}
