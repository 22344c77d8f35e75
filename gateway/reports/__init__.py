"""Reports: documents for people and auditors, made from the accounts' JSON documents."""
