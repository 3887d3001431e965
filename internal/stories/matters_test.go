package stories

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/nation"
)

//go:embed testdata/matters.json
var mattersFile []byte

// matterCase is one matter that is applied for online from what the guide was told to the receipt, and what it may cost
// (docs/FLOWS.md). An answer "#3" is the third of those to choose from.
type matterCase struct {
	Item, Name              string
	Said                    map[string]bool
	Answers, Ways           map[string]string
	Screens, Typed, Uploads int
}

func matterCases(t *testing.T) []matterCase {
	t.Helper()
	var out []matterCase
	if err := json.Unmarshal(mattersFile, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// way is an applicant on the way through one matter.
type way struct {
	*person
	c       matterCase
	version item.Version
	uploads int
	fumble  bool // makes mistakes that the pages must bear
}

func (c matterCase) start() string {
	q := "/apply/new?item=" + c.Item + "&here=230183&there=" + string(decides)
	for key, yes := range c.Said {
		q += "&a-" + key + "=" + map[bool]string{true: "y", false: "n"}[yes]
	}
	return q
}

// TestMattersOnline plays each matter without script, once straight and once with mistakes: submitting before it is due, leaving a
// question empty, saying no at the identity provider, submitting twice. Screens, typed values and uploads are held against the
// table; what a source knows is not typed.
func TestMattersOnline(t *testing.T) {
	n, done, err := Stage(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := done(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range matterCases(t) {
		for _, fumble := range []bool{false, true} {
			t.Run(c.Item+map[bool]string{true: " with mistakes"}[fumble], func(t *testing.T) {
				w := newWay(t, n, c, fumble)
				w.signIn(c.start())
				w.push(say("apply.begin.start"))
				for range 60 {
					if w.p.err != nil || strings.HasSuffix(w.at.Path, "/done") {
						break
					}
					w.step()
				}
				w.expect(http.StatusOK, say("apply.done.title"))
				if w.p.err != nil {
					t.Fatal(w.p.err)
				}
				if fumble {
					w.again()
				} else if w.seen.screens != c.Screens || len(w.seen.typed) != c.Typed || w.uploads != c.Uploads {
					t.Errorf("%d screens, typed %q, %d uploads; want %d, %d, %d", w.seen.screens, w.seen.typed, w.uploads, c.Screens, c.Typed, c.Uploads)
				}
				if w.p.err != nil {
					t.Fatal(w.p.err)
				}
			})
		}
	}
}

func newWay(t *testing.T, n *nation.Nation, c matterCase, fumble bool) *way {
	t.Helper()
	b, err := newBrowser(t.Context(), n.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := item.Default().Version(c.Item, workday.DateOf(n.Clock.Now()))
	fan, known := n.Book.BySub("resident.fan")
	if !ok || !known {
		t.Fatalf("no rule of %s, or no applicant", c.Item)
	}
	p := &play{ctx: t.Context(), n: n, version: v}
	return &way{person: &person{browser: b, p: p, site: n.Site(there), name: fan.Name}, c: c, version: v, fumble: fumble}
}

// step does what the page asks for.
func (w *way) step() {
	parts := strings.Split(strings.Trim(w.at.Path, "/"), "/")
	if len(parts) < 3 || parts[0] != "apply" {
		w.p.err = fmt.Errorf("strayed to %s: %s", w.at, w.excerpt())
		return
	}
	next := say("apply.continue")
	switch key := path.Base(w.at.Path); parts[2] {
	case "tasks":
		w.early(parts[1])
		w.click(say("apply.tasks.go"))
	case "found":
		w.early(parts[1])
		w.push(say("apply.found.ok"))
	case "ask":
		w.p.err = fmt.Errorf("asked again: %s", key)
	case "q":
		w.answer(key, next)
	case "invite":
		w.push(say("apply.invite.without"))
	case "materials":
		var fields []string
		for key, how := range w.c.Ways {
			fields = append(fields, "way."+key, how)
		}
		w.push(next, fields...)
	case "upload":
		w.file()
	case "check":
		w.submit()
	default:
		w.p.err = fmt.Errorf("nothing is known of %s (%d): %s", w.at, w.status, w.excerpt())
	}
}

// early submits before everything is there: the way goes on where it is open, and nothing is lost.
func (w *way) early(id string) {
	if !w.fumble {
		return
	}
	back := w.at.Path
	w.post("/apply/"+id+"/check", "serve=online")
	if w.p.err == nil && strings.HasSuffix(w.at.Path, "/done") {
		w.p.err = errors.New("submitted before it was complete")
	}
	w.visit(back)
}

func (w *way) post(to, body string) {
	w.do(func() error {
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.address(to), strings.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return w.browser.do(r)
	})
}

func (w *way) answer(key, next string) {
	value, ok := w.c.Answers[key]
	field, _ := w.version.Field(key)
	if !ok && field.Required {
		w.p.err = fmt.Errorf("asks for %s (%s), which nobody was to be asked", key, field.Label)
		return
	}
	if n, is := strings.CutPrefix(value, "#"); is {
		i, _ := strconv.Atoi(n)
		value = field.Options[i-1].Value
	}
	if w.fumble && field.Required {
		w.push(next)
		w.expect(http.StatusUnprocessableEntity, field.Label)
	}
	if value == "" {
		w.push(next)
		return
	}
	w.push(next, "answer", value)
}

// file uploads a page where one is missing, after one that nobody could read.
func (w *way) file() {
	use := say("apply.upload.use")
	if w.shows(use) {
		w.click(use)
		return
	}
	if w.fumble {
		w.send(say("apply.upload.send"), map[string]upload{"file": {"page.pdf", []byte("MZ this is a program")}})
		w.expect(http.StatusUnprocessableEntity, phrase("apply.problem.type"))
	}
	w.send(say("apply.upload.send"), map[string]upload{"file": {"page.png", scan()}})
	w.uploads++
}

var notAgree = "不同意，回到原来的网站" // words of the demo's provider, which has its own

func (w *way) submit() {
	if w.fumble {
		w.push(say("apply.check.submit"))
		w.click(notAgree)
		w.expect(http.StatusOK, errs.NotAgreed.Text("zh").What, say("apply.check.title"))
	}
	shown := fingerprint.FindAllString(string(w.raw), -1)
	w.push(say("apply.check.submit"))
	w.agree(shown)
}

// again submits what was submitted, and goes back to a step: the receipt, and one case.
func (w *way) again() {
	id := strings.Split(strings.Trim(w.at.Path, "/"), "/")[1]
	no := strings.Join(strings.Fields(text(classed(w.doc, "tb-no"))), "")
	w.post("/apply/"+id+"/check", "serve=online")
	w.expect(http.StatusOK, say("apply.done.title"))
	w.visit("/apply/" + id + "/found")
	w.expect(http.StatusOK, say("apply.done.title"))
	w.visit("/cases")
	w.do(func() error {
		var links []string
		for a := range nodes(w.doc, "a") {
			if h := attr(a, "href"); strings.HasPrefix(h, "/cases/"+no) {
				links = append(links, h)
			}
		}
		if slices.Sort(links); len(links) != 1 {
			return fmt.Errorf("%d cases %q", len(links), no)
		}
		return nil
	})
}
