// The SQLite ledger keeps the contract of every ledger.

import t from 'tap'
import { ledgerContract } from '../contracts/ledger.ts'
import { sqliteBooks } from './sqlite-books.ts'

ledgerContract(t, sqliteBooks)
