package stories

import (
	"testing"

	"tongban/internal/adapter/sqlstore/sqltest"
)

// TestStories plays every story on one nation on SQLite and on another on PostgreSQL.
func TestStories(t *testing.T) {
	for name, db := range map[string]func() string{
		"sqlite": func() string { return "" }, "postgres": func() string { return sqltest.Postgres(t).DSN },
	} {
		t.Run(name, func(t *testing.T) {
			for i, act := range Acts(All()) {
				if i > 0 && name != "sqlite" { // the first act shows that the databases do not differ
					break
				}
				playAct(t, db(), act)
			}
		})
	}
}

func playAct(t *testing.T, db string, act []Story) {
	t.Helper()
	n, done, err := Stage(t.Context(), db, act)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := done(); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range act {
		t.Run(s.Key, func(t *testing.T) {
			if err := s.Run(t.Context(), n, func(s Step) {
				t.Logf("%s %s %s: %s (%s, %d)", s.At.Format("15:04:05"), s.Key, s.Who, s.Zh, s.Holder, s.Signed)
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestTheWordsAreInBothLanguages(t *testing.T) {
	w := words()
	for _, s := range w.Story {
		if s.Zh == "" || s.En == "" || plays[s.Key] == nil || s.Stage == "" && w.Typed.Trade[s.Key] == "" {
			t.Errorf("story %s lacks something", s.Key)
		}
	}
	if len(w.Story) != len(plays) {
		t.Errorf("%d stories, %d plays", len(w.Story), len(plays))
	}
	for key, s := range w.Step {
		if s.Zh == "" || s.En == "" {
			t.Errorf("step %s lacks a language", key)
		}
	}
}
