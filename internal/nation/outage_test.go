package nation

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

func TestAProvinceGoesDownAndComesBack(t *testing.T) {
	n := start(t, Config{Only: []office.NodeID{"23", "63"}})
	key := n.Nodes["63"].Kit.Signer.KeyID()
	if err := n.Up(t.Context(), "63"); !errs.Is(err, errs.NotAllowedNow) {
		t.Errorf("up while it runs: %v", err)
	}
	if err := n.Down("63"); err != nil {
		t.Fatal(err)
	}
	if err := n.Down("63"); !errs.Is(err, errs.Missing) {
		t.Errorf("down twice: %v", err)
	}
	if err := n.Up(t.Context(), "44"); !errs.Is(err, errs.Missing) {
		t.Errorf("up of a stranger: %v", err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.Site("63")+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := n.Client().Do(r); err == nil {
		_ = resp.Body.Close()
		t.Errorf("its pages answer %d while it is down", resp.StatusCode)
	}
	if status, _ := get(t, n, n.Site("23")+"/"); status != http.StatusOK {
		t.Errorf("the other province answers %d", status)
	}
	if err := n.Up(t.Context(), "63"); err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, n, n.Site("63")+"/"); status != http.StatusOK || n.Nodes["63"].Kit.Signer.KeyID() != key {
		t.Errorf("after it came back: %d, key %s, had %s", status, n.Nodes["63"].Kit.Signer.KeyID(), key)
	}
}

// While a province is down the others say so: on the guide before somebody starts, on the case that waits for it, and on the
// list of cases; and when it is back the case goes on by itself and nothing is said any more.
func TestPagesWhileAProvinceIsDown(t *testing.T) {
	n := start(t, Config{Only: []office.NodeID{"23", "63"}})
	here := n.Nodes["23"]
	fan, err := party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := oidc.NewSessions("heilongjiang", false, here.Vault, nil).Write(w, oidc.Identity{Subject: "s", Name: fan.Name, IDNo: fan.IDNo, Level: 3}); err != nil {
		t.Fatal(err)
	}
	cookie := w.Result().Cookies()[0]
	look := func(path string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.Site("23")+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(cookie)
		resp, err := n.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // read to its end
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
		}
		return string(b)
	}
	says := func(path string, yes bool, words string) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
			page := look(path)
			if strings.Contains(page, words) == yes {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %q is there: %v", path, words, !yes)
			}
		}
	}
	at, err := here.Kit.OfficeAt("230183000000")
	if err != nil {
		t.Fatal(err)
	}
	clerk := casefile.Actor{ID: "c", Office: at.Code, Node: "23", Roles: []office.Role{office.Window}}
	c, err := here.Lodge.TakeIn(t.Context(), clerk, lodge.Application{
		ID: unit.NewID(), Item: "2020-030", There: "630100000000", Applicant: fan, Consent: "1",
		Answers:   map[string]string{"trade_name": "晨光", "capital": "100000", "premises_no": "五四大街 1 号", "scope": "日用百货销售"},
		Materials: materials(here.Kit.Catalogue),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Down("63"); err != nil {
		t.Fatal(err)
	}
	if c, err = here.Post.HandOver(t.Context(), clerk, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	says("/guide/2020-052?here=230183&there=630100", true, "青海的系统现在连不上")
	mine := "/cases/" + string(c.No)
	says(mine, true, "起暂时连不上。")
	page := look(mine)
	for _, words := range []string{"您的材料已安全收到，恢复后自动送达，期限不从您这边扣。", "下次尝试："} {
		if !strings.Contains(page, words) {
			t.Errorf("the case does not say %q", words)
		}
	}
	if page := look("/cases"); !strings.Contains(page, string(c.No)) {
		t.Error("the list lost the case")
	}
	if err := n.Up(t.Context(), "63"); err != nil {
		t.Fatal(err)
	}
	says(mine, false, "暂时连不上")
	says(mine, true, "西宁")
}

// materials are what the window has in hand.
func materials(c *item.Catalogue) []casefile.Material {
	v, _ := c.Version("2020-030", workday.NewDate(2026, 11, 23))
	var out []casefile.Material
	for _, m := range v.Materials {
		if m.Required {
			out = append(out, casefile.Material{Key: m.Key, Name: m.Name, Source: "upload"})
		}
	}
	return out
}
