package nation

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Down ends one province as if its machine room had lost power: it leaves the channel, and its pages no longer answer.
// Everybody else goes on. errs.Missing for a province that is not part of the nation or is down already.
func (n *Nation) Down(id office.NodeID) error {
	n.mu.Lock()
	one, ok := n.Nodes[id]
	if ok {
		delete(n.Nodes, id)
		n.sites[n.member(id).Place.Label] = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler) // the connection breaks: nobody is there
		})
	}
	n.mu.Unlock()
	if !ok {
		return errs.New(errs.Missing, "province %s", id)
	}
	return one.Stop()
}

// Up opens a province that is down from its own files and starts it; it then runs until Stop, whatever becomes of ctx.
// errs.NotAllowedNow if it runs.
func (n *Nation) Up(ctx context.Context, id office.NodeID) error {
	n.mu.RLock()
	_, runs := n.Nodes[id]
	n.mu.RUnlock()
	m := n.member(id)
	switch {
	case m.ID == "":
		return errs.New(errs.Missing, "province %s", id)
	case runs:
		return errs.New(errs.NotAllowedNow, "%s runs already", id)
	}
	signed, err := n.found(ctx)
	if err != nil {
		return err
	}
	one, err := n.openNode(ctx, m, signed)
	if err != nil {
		return err
	}
	var h http.Handler
	if !n.cfg.Silent {
		if h, err = n.face(one, m); err != nil {
			return errors.Join(err, one.Stop())
		}
	}
	if err := one.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, one.Stop())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.Nodes[id] = one
	if h != nil {
		n.sites[m.Place.Label] = withSystems(one, h)
	}
	return nil
}

// Site is the address of a province's entrance, "" if it is not part of the nation.
func (n *Nation) Site(id office.NodeID) string { return n.urls[id] }

// TrustFile is the list that `tongban verify -trust` takes.
func (n *Nation) TrustFile() string { return filepath.Join(n.cfg.Dir, trustFile) }

// Erase drops what the nation keeps in PostgreSQL, after Stop. The folder is the caller's to remove.
func (n *Nation) Erase(ctx context.Context) error {
	if n.cfg.DB == "" {
		return nil
	}
	var err error
	for _, m := range n.members {
		err = errors.Join(err, sqlstore.Drop(ctx, n.cfg.DB, n.schema(m.ID)))
	}
	return err
}

func (n *Nation) member(id office.NodeID) Member {
	if i := slices.IndexFunc(n.members, func(m Member) bool { return m.ID == id }); i >= 0 {
		return n.members[i]
	}
	return Member{}
}

// schema is a province's in PostgreSQL.
func (n *Nation) schema(id office.NodeID) string {
	if n.cfg.Schema == "" {
		return "p" + string(id)
	}
	return n.cfg.Schema + string(id)
}

// siteOf is who answers for a host; unknown names are the hub's.
func (n *Nation) siteOf(label string) http.Handler {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if site, ok := n.sites[label]; ok {
		return site
	}
	return n.sites[""]
}

func (n *Nation) wake() {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, one := range n.Nodes {
		one.Wake()
	}
}

func (n *Nation) stopNodes() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	for _, one := range n.Nodes {
		err = errors.Join(err, one.Stop())
	}
	return err
}
