package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
	"tongban/internal/handling/rebuild"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// runRestore makes a province's data out of a backup. The node then collects what came since before it does anything else.
func runRestore(ctx context.Context, e *env) int {
	f := e.flags("restore")
	e.withJSON(f)
	path := f.String("config", configFile, "configuration, or the folder that holds it, with keys and certificates as they were")
	from := f.String("from", "", "folder that tongban backup made")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	c, err := readConfig(*path)
	if err == nil && (*from == "" || c.ID == office.Hub) {
		err = errs.New(errs.BadRequest, "-from is needed, and a province")
	}
	var m manifest
	if err == nil {
		m, err = c.restore(ctx, *from)
	}
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(m)
		return exitYes
	}
	e.line("restore-done", m.Made.In(workday.Zone).Format("2006-01-02 15:04"), m.Log, m.Files, c.dir, c.dir)
	return exitYes
}

// restore checks all of a backup before it writes anything. The database comes last and at once: cut short, it is begun again.
func (c config) restore(ctx context.Context, from string) (manifest, error) {
	place := nodePlace{c.ID, c.dir, c.DB, c.Schema}
	keys, vault, err := place.vaultOf()
	if err != nil {
		return manifest{}, err
	}
	key, err := keys.SignKey("sign")
	if err != nil {
		return manifest{}, err
	}
	m, err := readManifest(from, key.Public())
	if err != nil {
		return m, err
	}
	if len(m.Generations) == 0 {
		m.Generations = []proof.Generation{1}
	}
	if err := vault.Live(m.Generations[0], m.Generations[1:], false); err != nil {
		return m, errs.Wrap(errs.BackupOther, err, "keys")
	}
	if m.Node != c.ID || m.Keys != keysMark(vault) {
		return m, errs.New(errs.BackupOther, "a backup of %s", m.Node)
	}
	database := filepath.Join(from, backupDatabase)
	h, _, err := hashFile(database)
	if err != nil || h != m.Database {
		return m, errors.Join(errs.New(errs.BackupBad, "the database"), err)
	}
	if c.DB == "" {
		if _, err := os.Lstat(c.path("node.db")); err == nil {
			return m, errs.New(errs.RestoreOnto, "%s", c.path("node.db"))
		}
	}
	if m.Files > 0 {
		n, _, list, err := copyFiles(filepath.Join(from, filesFolder), c.path(filesFolder))
		if err != nil {
			return m, err
		}
		if n != m.Files || list != m.List {
			return m, errs.New(errs.BackupBad, "%d attachments of %d", n, m.Files)
		}
	}
	if _, err := os.Lstat(c.path(trustFile)); errors.Is(err, fs.ErrNotExist) {
		if b, err := os.ReadFile(filepath.Join(from, trustFile)); err == nil { //nolint:gosec // the operator names the folder
			if err := writeWhole(c.path(trustFile), b); err != nil {
				return m, err
			}
		}
	}
	state, err := json.Marshal(rebuild.State{Collecting: true, Made: m.Made, Log: m.Log})
	if err != nil {
		return m, err
	}
	return m, sqlstore.Restore(ctx, place.store(), database, map[string][]byte{rebuild.Setting: state})
}

// readManifest reads a backup's manifest, which the node's own key must have signed.
func readManifest(dir string, key []byte) (m manifest, err error) {
	b, err := readSmall(filepath.Join(dir, manifestFile))
	if err != nil {
		return m, err
	}
	var s proof.Signed
	if err := json.Unmarshal(b, &s); err != nil {
		return m, errs.Wrap(errs.BackupBad, err, manifestFile)
	}
	switch err := proof.Check(s, typManifest, key); {
	case errs.Is(err, errs.UnknownKey):
		return m, errs.Wrap(errs.BackupOther, err, manifestFile)
	case err != nil:
		return m, errs.Wrap(errs.BackupBad, err, manifestFile)
	}
	if err := s.Into(&m); err != nil || m.Format != manifestV1 {
		return m, errs.New(errs.BackupBad, "format %d", m.Format)
	}
	return m, m.headOf(key)
}
