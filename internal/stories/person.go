package stories

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"tongban/internal/domain/office"
)

// patience is how long a story waits for what crosses from one province to the other; look is how often it looks again.
const (
	patience = 90 * time.Second
	lookings = 50 * time.Millisecond
)

// person is somebody at a screen. After the first thing that goes wrong in a story nobody does anything any more, so a
// story reads as what people do.
type person struct {
	*browser
	p    *play
	name string
	site string        // where relative addresses lead
	node office.NodeID // whose site it is; "" for the hub
}

func (w *person) do(f func() error) {
	if w.p.err == nil {
		w.p.err = f()
	}
}

func (w *person) address(path string) string {
	if strings.HasPrefix(path, "/") {
		return w.site + path
	}
	return path
}

// visit opens an address.
func (w *person) visit(path string) { w.do(func() error { return w.open(w.address(path)) }) }

// signIn opens an address that needs a session and chooses oneself at the identity provider.
func (w *person) signIn(path string) {
	w.visit(path)
	w.push(w.name)
	w.expect(http.StatusOK)
}

// click follows the link with these words.
func (w *person) click(words string) { w.do(func() error { return w.follow(words) }) }

// push presses the button with these words; fields are names and values in turn.
func (w *person) push(words string, fields ...string) { w.send(words, nil, fields...) }

// send is push with files.
func (w *person) send(words string, files map[string]upload, fields ...string) {
	w.do(func() error {
		m := map[string]string{}
		for i := 0; i+1 < len(fields); i += 2 {
			m[fields[i]] = fields[i+1]
		}
		return w.press(words, m, files)
	})
}

// expect is what the page must be and say.
func (w *person) expect(status int, words ...string) {
	w.do(func() error { return w.want(status, words...) })
}

// refuse is what the page must not say.
func (w *person) refuse(words ...string) {
	w.do(func() error {
		for _, s := range words {
			if w.shows(s) {
				return fmt.Errorf("%s says %q", w.at, s)
			}
		}
		return nil
	})
}

// await looks at a page until it is as it should be. Only the last look counts as a screen.
func (w *person) await(path string, ready func() bool) {
	w.do(func() error {
		deadline, before := time.Now().Add(patience), w.seen
		for {
			w.seen = before
			if err := w.open(w.address(path)); err != nil {
				return err
			}
			if w.status == http.StatusOK && ready() {
				return nil
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s is not as it should be after %v; it says: %s", w.at, patience, w.excerpt())
			}
			select {
			case <-w.ctx.Done():
				return w.ctx.Err()
			case <-time.After(lookings):
			}
		}
	})
}

// fetchCase finds the story's case in a queue of the desk and opens it.
func (w *person) fetchCase(queue string) {
	link := "/desk/cases/" + w.p.id
	if w.p.err == nil && (w.at.Path != "/desk" || w.linkTo(link) == "") {
		w.await("/desk?queue="+queue, func() bool { return w.linkTo(link) != "" })
	}
	w.visit(link)
	w.expect(http.StatusOK, w.p.no)
}

// linkTo is the first link of the page whose address begins so.
func (w *person) linkTo(prefix string) string {
	for n := range nodes(w.doc, "a") {
		if h := attr(n, "href"); strings.HasPrefix(h, prefix) {
			return h
		}
	}
	return ""
}
