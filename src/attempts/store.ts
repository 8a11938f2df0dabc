import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SQLite from 'better-sqlite3';
import type { Gain } from './fold.ts';
import { APPLICATION_ID, CURRENT_VERSION, migrate, versionOf } from './migrations.ts';
import { prepareSave } from './save.ts';

export type Database = SQLite.Database;
