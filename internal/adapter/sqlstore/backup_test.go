package sqlstore

import (
	"context"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/party"
	"tongban/internal/handling/rebuild"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var (
	_ rebuild.Store       = (*Store)(nil)
	_ rebuild.OwnLog      = (*Store)(nil)
	_ rebuild.AnswerStore = (*Store)(nil)
)

// A backup of either database restores on either, whole, and only where nothing is.
func TestABackupRestoresOnEither(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		ctx := t.Context()
		s := storeAt(t, open())
		c := aCase()
		if err := s.Commit(ctx, unit.Unit{
			At: c.Last, Case: &c, Lookups: []party.Lookup{{Kind: party.ByName, Value: "SECRETNAME"}},
			Facts: []casefile.Known{{Case: c.ID, Hash: proof.Hash{1}, Fact: casefile.Fact{Case: c.ID}, Signed: proof.Signed{Body: []byte("{}")}, Private: []byte("part")}},
			Log:   []accesslog.Entry{{Kind: accesslog.Act, At: c.Last, Case: c.ID, Who: "a"}},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Serial(ctx, "case-2026-11-23"); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "node.db")
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		if err := s.Backup(ctx, file); !errs.Is(err, errs.RestoreOnto) {
			t.Errorf("onto a file that is there: %v", err)
		}
		want, err := s.Case(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		places := map[string]sqltest.Database{"lite": {DSN: "sqlite:" + filepath.Join(t.TempDir(), "back.db")}}
		if other := open(); other.Schema != "" {
			places["postgres"] = other
		}
		for name, db := range places {
			if err := Restore(ctx, Config{DSN: db.DSN, Schema: db.Schema}, file, map[string][]byte{"rebuild": []byte("x")}); err != nil {
				t.Fatal(name, err)
			}
			if err := Restore(ctx, Config{DSN: db.DSN, Schema: db.Schema}, file, nil); !errs.Is(err, errs.RestoreOnto) {
				t.Errorf("%s: onto what is there: %v", name, err)
			}
			back, err := Open(ctx, Options{Config: Config{DSN: db.DSN, Schema: db.Schema}, Vault: s.vault, Me: s.me})
			if err != nil {
				t.Fatal(name, err)
			}
			got, err := back.Case(ctx, c.ID)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, want %+v, %v", name, got, want, err)
			}
			if v, err := back.Setting(ctx, "rebuild"); err != nil || string(v) != "x" {
				t.Errorf("%s: the setting is %q, %v", name, v, err)
			}
			if rows, err := back.Waits(ctx); err != nil || len(rows) != 1 || len(rows[0].Leaves) != 1 {
				t.Errorf("%s: %+v wait, %v", name, rows, err)
			}
			ended(ctx, t, back, name)
			if err := back.Close(); err != nil {
				t.Error(name, err)
			}
		}
	})
}

// ended ends a rebuild and looks at what that leaves.
func ended(ctx context.Context, t *testing.T, s *Store, name string) {
	t.Helper()
	lost := rebuild.Lost{Fact: proof.Hash{7}, Case: "c", Act: "lodge", Who: "a", Office: "o", At: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	end := rebuild.End{
		Lost: []rebuild.Lost{lost}, Floors: map[string]int64{"case-2026-11-24": 1}, Skip: 1000,
		Log: []accesslog.Entry{{Kind: accesslog.Rebuilt}}, State: []byte("{}"),
	}
	if err := s.EndRebuild(ctx, end); err != nil {
		t.Fatal(name, err)
	}
	for series, least := range map[string]int64{"case-2026-11-23": 1002, "case-2026-11-24": 1002} {
		if n, err := s.Serial(ctx, series); err != nil || n < least {
			t.Errorf("%s: %s goes on with %d, %v", name, series, n, err)
		}
	}
	if list, err := s.LostActs(ctx); err != nil || len(list) != 1 || list[0] != lost {
		t.Errorf("%s: %+v, %v", name, list, err)
	}
	for hash, want := range map[proof.Hash]bool{{7}: true, {1}: false} {
		if ok, err := s.LostAct(ctx, hash); err != nil || ok != want {
			t.Errorf("%s: lost %v: %t, %v", name, hash, ok, err)
		}
	}
	for hash, want := range map[proof.Hash]bool{{7}: false, {1}: true} {
		if ok, err := s.FactKnown(ctx, hash); err != nil || ok != want {
			t.Errorf("%s: known %v: %t, %v", name, hash, ok, err)
		}
	}
}
