import { DatabaseSync } from 'node:sqlite';
import { SCHEMA_VERSION, TABLES } from './schema.ts';

// WAL with synchronous=NORMAL survives a power cut whole, though perhaps without its last transactions: the log has those.
export function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;',
    );
  } catch {
    // Not a database: said by the first query.
  }
  return database;
}

/** As connect, of what gets its name once it is whole: until then nothing of it is kept from a crash or undone. */
export function connectToFill(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -16000;',
  );
  return database;
}

export function makeTables(database: DatabaseSync): DatabaseSync {
  database.exec('BEGIN');
  database.exec(TABLES);
  database.prepare('INSERT INTO state VALUES (?, ?, ?)').run(SCHEMA_VERSION, '', 0);
  database.exec('COMMIT');
  return database;
}

/** Another connection to the same tables, which sees them as they are now for as long as its transaction lasts. */
export function openSnapshot(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  database.exec('BEGIN');
  database.prepare('SELECT * FROM state').get();
  return database;
}
