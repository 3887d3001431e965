package nation

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Welcome prints where to begin and who can sign in. The first line is a contract: scripts wait for "ready: URL".
func (n *Nation) Welcome(w io.Writer) error {
	var b strings.Builder
	n.welcome(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (n *Nation) welcome(w *strings.Builder) {
	fmt.Fprintf(w, "ready: %s\n\n", n.URL)
	for i, s := range demoSteps() {
		fmt.Fprintf(w, "%d. %s\n   %s\n", i+1, s.Zh, s.En)
		if s.Host != "" {
			fmt.Fprintf(w, "   %s%s\n", n.site(s.Host), s.Path)
		}
	}
	fmt.Fprintln(w)
	for _, p := range n.Book.Residents() {
		fmt.Fprintf(w, "%s  %s (%s)\n", p.Name, p.Title, p.TitleEn)
	}
	for _, m := range n.members {
		if m.ID != "23" && m.ID != "63" {
			continue
		}
		for _, p := range n.Book.Officers(m.Place.Label) {
			fmt.Fprintf(w, "%s  %s (%s)\n", p.Name, p.Title, p.TitleEn)
		}
	}
	fmt.Fprintf(w, "\ndata: %s\ntongban verify -trust %s FILE\n", n.cfg.Dir, filepath.Join(n.cfg.Dir, trustFile))
}
