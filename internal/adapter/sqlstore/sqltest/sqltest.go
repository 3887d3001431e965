// Package sqltest gives tests a fresh database of each kind the store runs on: SQLite and PostgreSQL.
package sqltest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database is where one test's store is; its fields are those of sqlstore.Config.
type Database struct{ DSN, Schema string }

// Each runs f once on SQLite and once on PostgreSQL. Every call of open gives another, empty database, which goes
// away with the test; a store is reopened with the same Database. PostgreSQL is the one that TONGBAN_TEST_PG names,
// or else a private one, started once per test binary. Without PostgreSQL the subtest fails.
func Each(t *testing.T, f func(t *testing.T, open func() Database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, func() Database { return SQLite(t) }) })
	t.Run("postgres", func(t *testing.T) { f(t, func() Database { return Postgres(t) }) })
}

// SQLite gives a new file.
func SQLite(t testing.TB) Database {
	t.Helper()
	return Database{DSN: "sqlite:" + filepath.Join(t.TempDir(), "store.db")}
}

// Postgres gives a new schema, dropped when the test ends.
func Postgres(t testing.TB) Database {
	t.Helper()
	dsn, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL is needed: install it (apt-get install postgresql) or set TONGBAN_TEST_PG to an address: %v", err)
	}
	d := Database{DSN: dsn, Schema: "test_" + strings.ToLower(rand.Text()[:12])}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			t.Errorf("dropping the test's schema: %v", err)
			return
		}
		if _, err := c.Exec(ctx, "DROP SCHEMA IF EXISTS "+d.Schema+" CASCADE"); err != nil {
			t.Errorf("dropping the test's schema: %v", err)
		}
		if err := c.Close(ctx); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return d
}

var server = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv("TONGBAN_TEST_PG"); dsn != "" {
		return dsn, nil
	}
	return private()
})

// private starts script/pg with a command that ends when its input does. We hold the other end for as long as this
// process lives, so the server stops with it, however it ends.
func private() (string, error) {
	script, err := script()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.Background(), script, "run", "--", "sh", "-c", `echo "$TONGBAN_TEST_PG"; exec >/dev/null; cat`)
	if _, err := cmd.StdinPipe(); err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	problems, err := os.CreateTemp("", "tongban-pg-*.log") // a file: a pipe would keep `go test` waiting
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(problems.Name()) }()
	cmd.Stderr = problems
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		said, _ := os.ReadFile(problems.Name())
		return "", errors.New(strings.TrimSpace(string(said)))
	}
	keep = cmd
	return strings.TrimSpace(line), nil
}

// keep holds the command, and with it our end of its input, until the process ends.
var keep *exec.Cmd //nolint:unused // it is enough that it is held

func script() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "script", "pg"), nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("script/pg: not inside the repository")
		}
		dir = up
	}
}
