package cli

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tongban": func() {
			os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		return samples(e.WorkDir)
	}})
}

func TestEveryCommandHasAHelpLine(t *testing.T) {
	for _, c := range commands {
		if _, ok := texts()["help-"+c.name]; !ok {
			t.Errorf("%s: no help-%s in text.toml", c.name, c.name)
		}
	}
}

// TestLanguagesTakeTheSameValues counts the verbs: a sentence that takes another value in one language would print it
// wrong.
func TestLanguagesTakeTheSameValues(t *testing.T) {
	for key, x := range texts() {
		if x.Zh == "" || x.En == "" {
			t.Errorf("%s: a language is missing", key)
		}
		if strings.Count(x.Zh, "%") != strings.Count(x.En, "%") {
			t.Errorf("%s: %q and %q take different values", key, x.Zh, x.En)
		}
	}
}
