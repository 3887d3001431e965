package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "tongban/"

// maxLines is where a file surely holds a second noun; style.md starts looking at 400.
const maxLines = 500

// narrow is a fan-out at which no package is called wide, whatever the wiring packages have: a use case, where nouns
// meet, has about ten. A noun that knows more than pureNarrow others has become the room for everything.
const (
	narrow     = 12
	pureNarrow = 8
)

// banned are package names that say nothing about what is inside.
var banned = []string{"util", "utils", "common", "models", "types", "helpers", "helper", "misc", "base", "shared"}

// source is one parsed Go file, by its path from the root of the module.
type source struct {
	file    string
	pkg     string // folder
	syntax  *ast.File
	imports []string
	lines   int
	made    bool // generated, so no one reads its length
}

func (s source) isTest() bool { return strings.HasSuffix(s.file, "_test.go") }

// read parses imports and package comments of every Go file in the module, in walking order.
func read(t *testing.T) []source {
	t.Helper()
	root := os.DirFS("../..")
	skip := []string{".git", ".cache", "bin", "node_modules", "testdata", "vendor"}
	var all []source
	err := fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skip, d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".go":
			return nil
		}
		src, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{
			file: file, pkg: path.Dir(file), syntax: f,
			lines: strings.Count(string(src), "\n"), made: ast.IsGenerated(f),
		}
		for _, imp := range f.Imports {
			s.imports = append(s.imports, strings.Trim(imp.Path.Value, `"`))
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go file found: the walk looks in the wrong place")
	}
	return all
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range read(t) {
		if _, _, drawn := place(s.pkg); !drawn {
			t.Errorf("%s: %s is in no row; draw it in docs/ARCHITECTURE.md and in drawing_test.go", s.file, s.pkg)
			continue
		}
		for _, imp := range s.imports {
			if to, ours := strings.CutPrefix(imp, module); ours {
				if why := objection(s.file, to); why != "" {
					t.Errorf("%s imports %s: %s", s.file, to, why)
				}
			} else if why := foreign(s.pkg, imp); why != "" && !s.isTest() && !isSuite(s.pkg) {
				t.Errorf("%s imports %s: %s", s.file, imp, why)
			}
		}
	}
}

func TestEachPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, s := range read(t) {
		said[s.pkg] = said[s.pkg] || strings.TrimSpace(s.syntax.Doc.Text()) != ""
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("%s: no package comment; its first sentence says what it is and cites the rule it follows", pkg)
		}
	}
}

func TestPackageNamesSayWhatIsInside(t *testing.T) {
	for _, s := range read(t) {
		name := strings.TrimSuffix(s.syntax.Name.Name, "_test")
		if slices.Contains(banned, name) || slices.Contains(banned, path.Base(s.pkg)) {
			t.Errorf("%s: package %s: a package is a noun of the field", s.file, name)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, s := range read(t) {
		if !s.made && s.lines > maxLines {
			t.Errorf("%s: %d lines, over %d: which second noun is hiding there?", s.file, s.lines, maxLines)
		}
	}
}

// TestWiringIsWidest holds that what knows most others is what wires them; a wide package elsewhere is the room
// where everything goes.
func TestWiringIsWidest(t *testing.T) {
	fan := map[string]map[string]bool{}
	for _, s := range read(t) {
		if s.isTest() || isSuite(s.pkg) {
			continue
		}
		for _, imp := range s.imports {
			if to, ours := strings.CutPrefix(imp, module); ours {
				if fan[s.pkg] == nil {
					fan[s.pkg] = map[string]bool{}
				}
				fan[s.pkg][to] = true
			}
		}
	}
	wires := []string{"internal/node", "internal/hub", "internal/nation", "internal/cli"}
	widest := narrow
	for _, p := range wires {
		widest = max(widest, len(fan[p]))
	}
	for pkg, to := range fan {
		room, _, _ := place(pkg)
		if len(to) > widest && !slices.Contains(wires, room) {
			t.Errorf("%s imports %d of our packages, more than any package that wires (%d)", pkg, len(to), widest)
		}
		if len(to) > pureNarrow && within(pkg, "internal/domain") {
			t.Errorf("%s imports %d of our packages, more than %d: which of them does the noun truly need?", pkg, len(to), pureNarrow)
		}
	}
}

func TestDrawingHasEachRoomOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, rooms := range rows {
		for _, r := range rooms {
			if seen[r] {
				t.Errorf("%s is drawn twice", r)
			}
			seen[r] = true
		}
	}
}

// TestObjections shows that the drawing forbids what it should: a check that cannot fail would hold nothing.
func TestObjections(t *testing.T) {
	tests := []struct {
		file, to string
		allowed  bool
	}{
		{"cmd/tongban/main.go", "internal/cli", true},
		{"internal/node/node.go", "internal/face/desk", true},
		{"internal/node/node.go", "internal/hub", false},
		{"internal/node/node.go", "internal/demo/idp", false},
		{"internal/nation/nation.go", "internal/demo/idp", true},
		{"internal/cli/serve.go", "internal/demo/people", false},
		{"internal/cli/serve.go", "internal/nation", false},
		{"internal/cli/demo.go", "internal/nation", true},
		{"internal/cli/tour_json.go", "internal/stories", true},
		{"internal/face/desk/queue.go", "internal/face/entrance", false},
		{"internal/face/desk/queue.go", "internal/page/text", true},
		{"internal/face/desk/queue.go", "internal/adapter/sqlstore", false},
		{"internal/page/text/text.go", "internal/page", false},
		{"internal/page/layout.go", "internal/page/text", true},
		{"internal/adapter/sqlstore/cases.go", "internal/handling/decide", true},
		{"internal/adapter/sqlstore/cases.go", "internal/adapter/natschan", false},
		{"internal/adapter/sqlstore/sqltest/open.go", "internal/adapter/sqlstore", true},
		{"internal/adapter/sqlstore/cases.go", "internal/adapter/sqlstore/sqltest", false},
		{"internal/adapter/sqlstore/cases_test.go", "internal/adapter/sqlstore/sqltest", true},
		{"internal/handling/lodge/lodge.go", "internal/handling/decide", false},
		{"internal/handling/lodge/lodge.go", "internal/handling/unit", true},
		{"internal/handling/handover/handovertest/suite.go", "internal/handling/handover", true},
		{"internal/handling/handover/handovertest/suite.go", "internal/adapter/memchan", false},
		{"internal/domain/casefile/case.go", "internal/domain/exchange", true},
		{"internal/domain/exchange/envelope.go", "internal/domain/licence", false},
		{"internal/domain/exchange/envelope.go", "internal/domain/casefile", false},
		{"internal/domain/item/item.go", "internal/domain/document", true},
		{"internal/proof/sign.go", "internal/domain/party", false},
		{"internal/kernel/gm/sm2.go", "internal/kernel/errs", true},
		{"internal/kernel/region/region.go", "catalogue", true},
		{"internal/kernel/region/region.go", "internal/kernel/workday", false},
		{"internal/kernel/errs/errs.go", "catalogue", false},
		{"catalogue/embed.go", "internal/kernel/region", false},
		{"internal/thing/thing.go", "internal/kernel/errs", false},
	}
	for _, tt := range tests {
		if why := objection(tt.file, tt.to); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: allowed = %v (%q), want %v", tt.file, tt.to, why == "", why, tt.allowed)
		}
	}
	foreigners := []struct {
		pkg, imp string
		allowed  bool
	}{
		{"internal/adapter/sqlstore", "database/sql", true},
		{"internal/adapter/sqlstore/sqltest", "database/sql", true},
		{"internal/fsck", "database/sql", false},
		{"internal/domain/casefile", "github.com/nats-io/nats.go", false},
		{"internal/kernel/gm", "github.com/emmansun/gmsm/sm2", true},
		{"internal/proof", "github.com/emmansun/gmsm/sm2", false},
		{"internal/kernel/idno", "github.com/google/uuid", false},
		{"internal/kernel/errs/gen", "github.com/BurntSushi/toml", true},
		{"internal/face/desk", "github.com/a-h/templ", true},
		{"internal/domain/document", "github.com/a-h/templ", false},
	}
	for _, tt := range foreigners {
		if why := foreign(tt.pkg, tt.imp); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: allowed = %v (%q), want %v", tt.pkg, tt.imp, why == "", why, tt.allowed)
		}
	}
}
