"""Puts the account of a person into the settings of a client: accounts.py dino|gajim HOME

Romeo has Dino, whose tables are waited for; Juliet has Gajim, whose tables are made by its own statements.
"""
import json
import pathlib
import sqlite3
import sys
import time

PASSWORD = 'but soft'


def dino(home):
    file = home / '.local/share/dino/dino.db'
    while True:
        try:
            database = sqlite3.connect(f'file:{file}?mode=rw', uri=True, timeout=10)
            statement = 'insert into account (bare_jid, resourcepart, password, enabled) values (?, ?, ?, 1)'
            database.execute(statement, ('romeo@localhost', 'dino', PASSWORD))
            return database.commit()
        except sqlite3.OperationalError:
            time.sleep(0.1)


def gajim(home):
    from gajim.common.settings import CREATE_SQL

    folder = home / '.config/gajim'
    folder.mkdir(parents=True)
    database = sqlite3.connect(folder / 'settings.sqlite')
    database.executescript(CREATE_SQL)
    account = {'name': 'juliet', 'hostname': 'localhost', 'password': PASSWORD, 'savepass': True, 'autoconnect': True, 'active': True}
    database.execute('insert into account_settings values (?, ?)', ('juliet@localhost', json.dumps({'account': account, 'contact': {}, 'group_chat': {}})))
    database.execute("update settings set settings = ? where name = 'app'", (json.dumps({'use_keyring': False, 'check_for_update': False}),))
    database.commit()


{'dino': dino, 'gajim': gajim}[sys.argv[1]](pathlib.Path(sys.argv[2]))
