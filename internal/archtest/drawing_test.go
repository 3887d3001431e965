// Package archtest keeps the import graph the shape that docs/ARCHITECTURE.md draws. It reads the source files
// itself, so that the test cache sees every file it depends on; running `go list` would hide behind the cache.
package archtest

import (
	"path"
	"slices"
	"strings"
)

// rows is the drawing, top to bottom. An entry is a room: the package and all packages in folders below it that
// have no entry of their own. A room imports only rooms in rows below its own; rooms in one row never import each
// other, so a noun that truly needs another moves to a row above it.
var rows = [][]string{
	{"cmd/tongban"},
	{"internal/cli"},
	{"internal/stories", "internal/sim", "internal/bench"},
	{"internal/nation"},
	{"internal/node", "internal/hub"},
	{"internal/demo/idp", "internal/demo/market", "internal/demo/clock", "internal/demo/registers", "internal/demo/phone", "internal/demo/bank"},
	{"internal/demo/people"},
	{
		"internal/face/rate", "internal/face/oversight", "internal/face/org", "internal/face/systems",
		"internal/face/entrance", "internal/face/apply", "internal/face/desk", "internal/face/supervision",
		"internal/face/console", "internal/face/steward", "internal/face/api", "internal/face/peer", "internal/face/pay", "internal/face/visit", "internal/face/sharing",
		"internal/face/register", "internal/face/board", "internal/face/wallet", "internal/face/inquiry", "internal/face/originals", "internal/face/present",
	},
	{"internal/page"},
	{"internal/page/text"},
	{
		"internal/adapter/sqlstore", "internal/adapter/natschan", "internal/adapter/memchan",
		"internal/adapter/blobs", "internal/adapter/oidc", "internal/adapter/pdf", "internal/adapter/ofd",
		"internal/adapter/office", "internal/adapter/gateway", "internal/adapter/paygate", "internal/adapter/sqlview", "internal/adapter/dataservice", "internal/adapter/workgate",
	},
	{"internal/fsck"},
	{"internal/handling/rebuild"}, // does again what the use cases did
	{
		"internal/handling/evaluate",
		"internal/handling/lodge", "internal/handling/handover", "internal/handling/decide",
		"internal/handling/certify", "internal/handling/apply", "internal/handling/share", "internal/handling/rate",
		"internal/handling/supervise", "internal/handling/federate", "internal/handling/sequence",
		"internal/handling/elsewhere", "internal/handling/notify", "internal/handling/correspond",
		"internal/handling/publish", "internal/handling/witness", "internal/handling/cashier", "internal/handling/visit", "internal/handling/count",
		"internal/handling/allot", "internal/handling/recognise", "internal/handling/present", "internal/handling/empower", "internal/handling/inquire", "internal/handling/dispatch", "internal/handling/carry", "internal/handling/announce", "internal/handling/dispute", "internal/handling/erase", "internal/handling/object",
	},
	{"internal/handling/unit", "internal/handling/usage"},
	{"internal/domain/question", "internal/domain/inquiry", "internal/domain/original", "internal/domain/bulletin"},
	{"internal/domain/rating", "internal/domain/complaint", "internal/domain/challenge", "internal/domain/assist", "internal/domain/watch", "internal/domain/objection"},
	{
		"internal/domain/caseproof", "internal/domain/sharing", "internal/domain/mutualaid",
		"internal/domain/figure", "internal/domain/consent", "internal/domain/mandate", "internal/domain/notice", "internal/domain/message", "internal/domain/depart", "internal/domain/retention", "internal/domain/presentation",
	},
	{"internal/domain/casefile", "internal/domain/journey"},
	{"internal/domain/licence", "internal/domain/exchange", "internal/domain/accesslog", "internal/domain/search", "internal/domain/vouch", "internal/domain/zone", "internal/domain/bundle", "internal/domain/fee", "internal/domain/booking", "internal/domain/resource"},
	{"internal/domain/item", "internal/domain/office"},
	{"internal/domain/party", "internal/domain/document"},
	{"internal/proof"},
	{"internal/kernel/gm", "internal/kernel/idno", "internal/kernel/region", "internal/kernel/workday", "internal/kernel/throttle", "internal/kernel/postal"},
	{"catalogue"},
	{"internal/kernel/errs"},
	{"internal/archtest"},
	{"tools"},
}

// demoUsers may import internal/demo: it is never linked into the path that `tongban serve` takes.
var demoUsers = []string{"internal/nation", "internal/stories", "internal/sim", "internal/bench"}

// demoCommands are the files of internal/cli that may reach the demo and the rooms that use it.
var demoCommands = []string{"demo", "tour", "gallery", "bench"}

// confined names what only these rooms may import, outside tests. The widest reach is the shortest list to review.
var confined = []struct {
	prefix string
	rooms  []string
}{
	{"database/sql", []string{"internal/adapter/sqlstore", "internal/adapter/sqlview"}},
	{"github.com/jackc/", []string{"internal/adapter/sqlstore", "internal/adapter/sqlview"}},
	{"modernc.org/", []string{"internal/adapter/sqlstore"}},
	{"github.com/pressly/goose", []string{"internal/adapter/sqlstore"}},
	{"github.com/nats-io/", []string{"internal/adapter/natschan"}},
	{"github.com/emmansun/gmsm", []string{"internal/kernel/gm"}},
	{"github.com/zitadel/oidc/v3/pkg/op", []string{"internal/demo/idp"}},
	{"github.com/a-h/templ", []string{"internal/page", "internal/face", "internal/demo", "internal/node", "internal/hub"}},
}

// place finds the room of a package by its longest drawn prefix, and the room's row.
func place(pkg string) (room string, row int, drawn bool) {
	for i, rooms := range rows {
		for _, r := range rooms {
			if within(pkg, r) && len(r) > len(room) {
				room, row, drawn = r, i, true
			}
		}
	}
	return room, row, drawn
}

func within(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }

// isSuite reports whether pkg holds a conformance suite or test kit, such as internal/handling/handover/handovertest.
func isSuite(pkg string) bool { return strings.HasSuffix(pkg, "test") && pkg != "internal/archtest" }

// owner is the package whose place decides what pkg may import: a suite or a generator stands where its parent does.
func owner(pkg string) string {
	if isSuite(pkg) || path.Base(pkg) == "gen" {
		return path.Dir(pkg)
	}
	return pkg
}

// objection says why file may not import to (both inside the module), or "" if it may.
func objection(file, to string) string {
	from := path.Dir(file)
	if strings.HasSuffix(file, "_test.go") {
		return "" // tests may look at anything; what ships may not
	}
	fromRoom, fromRow, ok := place(owner(from))
	if !ok {
		return from + " is in no row: draw it in docs/ARCHITECTURE.md and in drawing_test.go"
	}
	toRoom, toRow, ok := place(owner(to))
	if !ok {
		return to + " is in no row: draw it in docs/ARCHITECTURE.md and in drawing_test.go"
	}
	switch {
	case isSuite(to) && !isSuite(from):
		return "test kits are for tests"
	case within(to, "internal/demo") && !within(from, "internal/demo") && !mayDemo(file, fromRoom):
		return "the demo is never linked into the path of serve"
	case fromRoom == "internal/cli" && reachesDemo(toRoom) && !mayDemo(file, fromRoom):
		return "only the demo's own commands reach a room that uses the demo"
	case within(from, "internal/kernel/errs") && path.Base(from) != "gen":
		return "errs imports nothing of ours"
	case within(from, "internal/kernel") && toRoom != fromRoom && toRoom != "internal/kernel/errs" && toRoom != "catalogue":
		return "the kernel imports the standard library, errs and catalogue"
	case (within(from, "internal/face") || within(from, "internal/page")) && within(to, "internal/adapter"):
		return "only node and hub wire adapters; a face owns the interface it needs"
	case fromRoom == toRoom:
		if within(from, to) && from != to && owner(from) == from {
			return "a sub-package does not import its parent"
		}
		return ""
	case toRow <= fromRow:
		return "imports point down only"
	}
	return ""
}

func mayDemo(file, room string) bool {
	if room == "internal/cli" {
		name := path.Base(file)
		return slices.ContainsFunc(demoCommands, func(c string) bool {
			return name == c+".go" || strings.HasPrefix(name, c+"_") || within(path.Dir(file), "internal/cli/"+c)
		})
	}
	return slices.Contains(demoUsers, room)
}

func reachesDemo(room string) bool { return slices.Contains(demoUsers, room) }

// foreign says why a package may not import something from outside the module, or "".
func foreign(from, imp string) string {
	room, _, _ := place(owner(from))
	for _, c := range confined {
		if strings.HasPrefix(imp, c.prefix) && !slices.ContainsFunc(c.rooms, func(r string) bool { return within(from, r) }) {
			return c.prefix + " is confined to " + strings.Join(c.rooms, ", ")
		}
	}
	thirdParty := strings.Contains(strings.SplitN(imp, "/", 2)[0], ".")
	gm := room == "internal/kernel/gm" &&
		(strings.HasPrefix(imp, "github.com/emmansun/gmsm") || strings.HasPrefix(imp, "golang.org/x/crypto/"))
	if thirdParty && within(room, "internal/kernel") && path.Base(from) != "gen" && !gm {
		return "the kernel imports the standard library, errs and catalogue (gm also gmsm and x/crypto, for DER)"
	}
	return ""
}
