package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
	"tongban/internal/fsck"
	"tongban/internal/handling/federate"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// runFsck holds a node's or a nation's data against the rules that never bend. It may run beside the nodes.
func runFsck(ctx context.Context, e *env) int {
	f := e.flags("fsck")
	e.withJSON(f)
	data := f.String("data", ".tongban", "folder of one node, or of a nation with a folder for each")
	db := f.String("db", "", "postgres://… if the data are there; empty is SQLite, or what the node's configuration says")
	wait := f.Duration("max-wait", 0, "how long a hand-over may wait for its receipt; 0 is for ever")
	figures := f.Bool("figures", false, "reckon the boards' figures again from the signed facts")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	nodes, closeAll, err := openNodes(ctx, *data, *db)
	if err != nil {
		return e.fail(errors.Join(err, closeAll()))
	}
	report, err := fsck.Check(ctx, nodes, fsck.Options{Now: time.Now(), MaxWait: *wait, Figures: *figures})
	if err := errors.Join(err, closeAll()); err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(report)
	} else {
		for _, v := range report.Violations {
			e.line("fsck-violation", v.Rule, v.Node, v.Case, v.Text)
		}
		e.line("fsck-sum", report.Checked["nodes"], report.Checked["cases"], len(report.Violations))
	}
	if len(report.Violations) > 0 {
		return exitNo
	}
	return exitYes
}

// openNodes opens every node that a folder holds.
func openNodes(ctx context.Context, dir, db string) (nodes []fsck.Node, closeAll func() error, err error) {
	var open []*sqlstore.Store
	closeAll = func() error {
		var err error
		for _, s := range open {
			err = errors.Join(err, s.Close())
		}
		return err
	}
	places, err := placesOf(dir, db)
	if err != nil {
		return nil, closeAll, err
	}
	trust, err := openTrust(filepath.Join(dir, trustFile))
	if errors.Is(err, fs.ErrNotExist) { // folders of nodes that joined one by one
		trust, err = openTrust(filepath.Join(places[0].dir, trustFile))
	}
	if err != nil {
		return nil, closeAll, err
	}
	for _, p := range places {
		s, err := p.open(ctx)
		if err != nil {
			return nil, closeAll, err
		}
		open = append(open, s)
		if err := newest(ctx, trust, s); err != nil {
			return nil, closeAll, err
		}
		nodes = append(nodes, fsck.Node{ID: p.id, Reader: s})
	}
	for i := range nodes { // one list for all: a node that was away may not know yet whom it hears of
		nodes[i].Trust = trust.List()
	}
	return nodes, closeAll, nil
}

// newest takes over a list that a node keeps, if it is newer.
func newest(ctx context.Context, t *federate.Trust, s *sqlstore.Store) error {
	if err := t.Load(ctx, s); err != nil && !errs.Is(err, errs.TrustOutdated) {
		return err
	}
	return nil
}

// placesOf finds the nodes: the one that a configuration names, or each folder that is named after a province.
func placesOf(dir, db string) ([]nodePlace, error) {
	if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
		c, err := readConfig(dir)
		if err != nil {
			return nil, err
		}
		if c.ID == office.Hub {
			return nil, errs.New(errs.NoData, "the hub holds no cases")
		}
		if db == "" {
			db = c.DB
		}
		return []nodePlace{{c.ID, dir, db, c.Schema}}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, errs.Wrap(errs.NoData, err, "")
	}
	var out []nodePlace
	for _, d := range entries {
		id := office.NodeID(d.Name())
		sub := filepath.Join(dir, d.Name())
		if !d.IsDir() || !id.Member() {
			continue
		}
		if _, err := os.Stat(filepath.Join(sub, configFile)); err == nil {
			own, err := placesOf(sub, db)
			if err != nil {
				return nil, err
			}
			out = append(out, own...)
			continue
		}
		if _, err := os.Stat(filepath.Join(sub, "node.db")); err != nil && db == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(sub, "keys")); err != nil {
			continue // opening it would make new keys, which open nothing
		}
		out = append(out, nodePlace{id, sub, db, ""})
	}
	if len(out) == 0 {
		return nil, errs.New(errs.NoData, "%s", dir)
	}
	return out, nil
}

// open opens the node's store with few connections: a nation has 32 of them.
func (p nodePlace) open(ctx context.Context) (*sqlstore.Store, error) {
	keys, err := gm.OpenKeys(filepath.Join(p.dir, "keys"))
	if err != nil {
		return nil, err
	}
	cfg := p.store()
	cfg.ReadConns, cfg.WriteConns = 1, 1
	return sqlstore.Open(ctx, sqlstore.Options{Config: cfg, Vault: proof.OpenVault(proof.AtRest(keys)), Me: p.id})
}
