package entrance

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/page/text"
)

// TestCasesOfOtherProvinces: what others said is listed with where it is kept, and a list that is not whole says so.
func TestCasesOfOtherProvinces(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	far := elsewhere.Case{No: "63-20261123-000009-1", Item: "2020-030", Status: casefile.StatusHandling, Node: "63", Until: workday.NewDate(2026, 11, 30)}
	same := elsewhere.Case{No: w.c.No, Item: "2020-030", Status: casefile.StatusHandling, Node: "63"}
	for _, c := range []struct {
		what  string
		found elsewhere.Found
		err   error
		says  []string
		not   []string
	}{
		{"nobody has any", elsewhere.Found{}, nil, nil, []string{text.T("zh", "apply.elsewhere.title")}},
		{
			"one elsewhere, and one that is here too",
			elsewhere.Found{Cases: []elsewhere.Case{far, same}},
			nil,
			[]string{text.T("zh", "apply.elsewhere.title"), "http://qinghai.localhost/cases/" + string(far.No), text.T("zh", "apply.elsewhere.line", "青海省")},
			[]string{"http://qinghai.localhost/cases/" + string(w.c.No)},
		},
		{"two did not answer", elsewhere.Found{Missing: []office.NodeID{"11", "35"}}, nil, []string{text.T("zh", "apply.elsewhere.missing", "北京市、福建省")}, nil},
		{"the provider is away", elsewhere.Found{Missing: []office.NodeID{"63"}}, errs.New(errs.ProviderDown, "x"), []string{text.T("zh", "apply.elsewhere.missing", "青海省")}, nil},
		{"signed in too long ago", elsewhere.Found{Missing: []office.NodeID{"63"}}, errs.New(errs.RoamEnded, "x"), []string{text.T("zh", "apply.elsewhere.ended")}, []string{text.T("zh", "apply.elsewhere.missing", "青海省")}},
		{"older ones", elsewhere.Found{More: []office.NodeID{"63"}}, nil, []string{text.T("zh", "apply.elsewhere.more", "青海省")}, nil},
	} {
		w.away = func(context.Context, page.Visitor) (elsewhere.Found, error) { return c.found, c.err }
		r := w.get(w.site, "/cases")
		if r.code != http.StatusOK {
			t.Fatalf("%s: %d", c.what, r.code)
		}
		for _, s := range append(c.says, string(w.c.No)) {
			if !strings.Contains(r.body, s) && !strings.Contains(r.text(), strings.Join(strings.Fields(s), "")) {
				t.Errorf("%s: does not say %q", c.what, s)
			}
		}
		for _, s := range c.not {
			if strings.Contains(r.body, s) {
				t.Errorf("%s: says %q", c.what, s)
			}
		}
	}
}
