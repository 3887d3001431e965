package cli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/rebuild"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// The files of a backup. Keys, certificates and the configuration are none of them: with them it would open, so they are kept
// elsewhere. What is personal stays encrypted as it is in the store.
const (
	manifestFile   = "backup.json"
	backupDatabase = "node.db"
	filesFolder    = "files"
	typManifest    = "backup"
	manifestV1     = 1
)

// manifest says what a backup is made of, signed by its node.
type manifest struct {
	Format   int           `json:"format"`
	Node     office.NodeID `json:"node"`
	Made     time.Time     `json:"made"` // security time, before the database was read
	Log      int64         `json:"log"`  // entries in its tree
	Head     proof.Signed  `json:"head,omitzero"`
	Database proof.Hash    `json:"database"`
	Files    int           `json:"files"`
	Bytes    int64         `json:"bytes"` // of the files
	List     proof.Hash    `json:"list"`  // of the files' names, each with a line break, in order
	Keys     string        `json:"keys"`  // tells whether keys are those that open it, and nothing of them

	Generations []proof.Generation `json:"generations,omitempty"` // of the keys that open it, the one that seals first; none: the first
}

// keysMark is the same for the same keys that seal.
func keysMark(v *proof.Vault) string { return hex.EncodeToString(v.Index("backup", "keys")) }

// vaultOf opens the keys of a folder without making any. The vault lives once a store is opened with it.
func (p nodePlace) vaultOf() (gm.KeyProvider, *proof.Vault, error) {
	if _, err := os.Stat(filepath.Join(p.dir, "keys", "sign.pem")); err != nil {
		return nil, nil, errs.Wrap(errs.BadKey, err, "sign")
	}
	keys, err := gm.OpenKeys(filepath.Join(p.dir, "keys"))
	if err != nil {
		return nil, nil, err
	}
	return keys, proof.OpenVault(proof.AtRest(keys)), nil
}

// runBackup copies what a province would need to come back. It runs beside the node.
func runBackup(ctx context.Context, e *env) int {
	f := e.flags("backup")
	e.withJSON(f)
	path := f.String("config", configFile, "configuration, or the folder that holds it")
	to := f.String("to", "", "folder to make")
	without := f.Bool("without-files", false, "leave out the attachments, because their folder is copied in another way")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	c, err := readConfig(*path)
	if err == nil && (*to == "" || c.ID == office.Hub) {
		err = errs.New(errs.BadRequest, "-to is needed, and a province: of the hub the folder is all")
	}
	var m manifest
	if err == nil {
		m, err = c.backup(ctx, *to, !*without)
	}
	if err != nil {
		return e.fail(err)
	}
	if e.json {
		e.print(m)
		return exitYes
	}
	e.line("backup-done", *to, m.Log, m.Files, m.Bytes)
	return exitYes
}

// backup writes the folder to: whole, or not at all.
func (c config) backup(ctx context.Context, to string, withFiles bool) (m manifest, err error) {
	if _, err := os.Lstat(to); err == nil {
		return m, errs.New(errs.RestoreOnto, "%s", to)
	}
	place := nodePlace{c.ID, c.dir, c.DB, c.Schema}
	keys, vault, err := place.vaultOf()
	if err != nil {
		return m, err
	}
	part, err := os.MkdirTemp(filepath.Dir(filepath.Clean(to)), ".backup-")
	if err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	s, err := place.open(ctx)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	m = manifest{Format: manifestV1, Node: c.ID, Made: time.Now().UTC()}
	if err := s.Backup(ctx, filepath.Join(part, backupDatabase)); err != nil {
		return m, err
	}
	if err := m.look(ctx, part, vault); err != nil {
		return m, err
	}
	m.Keys, m.Generations = keysMark(vault), vault.Living()
	if withFiles { // after the database: a case never names an attachment that was not there before it
		if m.Files, m.Bytes, m.List, err = copyFiles(c.path(filesFolder), filepath.Join(part, filesFolder)); err != nil {
			return m, err
		}
	}
	if b, err := os.ReadFile(c.path(trustFile)); err == nil {
		if err := writeWhole(filepath.Join(part, trustFile), b); err != nil {
			return m, err
		}
	}
	key, err := keys.SignKey("sign")
	if err != nil {
		return m, err
	}
	signed, err := proof.SignJSON(proof.NewSigner(key), typManifest, m)
	if err != nil {
		return m, err
	}
	b, err := json.MarshalIndent(signed, "", "  ")
	if err == nil {
		err = writeWhole(filepath.Join(part, manifestFile), b)
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		return m, err
	}
	return m, errors.Join(noteBackup(ctx, s, m.Log), s.CountBackup(ctx, m.Made))
}

// noteBackup remembers what a backup holds, so that others need not keep it any longer.
func noteBackup(ctx context.Context, s *sqlstore.Store, size int64) error {
	sizes, err := rebuild.Backups(ctx, s)
	if err != nil {
		return err
	}
	b, err := rebuild.AfterBackup(sizes, size)
	if err != nil {
		return err
	}
	return s.SetSetting(ctx, rebuild.BackedUp, b)
}

// look fills in what the copy of the database says.
func (m *manifest) look(ctx context.Context, dir string, vault *proof.Vault) error {
	file := filepath.Join(dir, backupDatabase)
	s, err := sqlstore.Open(ctx, sqlstore.Options{Config: sqlstore.Config{DSN: "sqlite:" + file, ReadConns: 1}, Vault: vault, Me: m.Node})
	if err != nil {
		return err
	}
	m.Log, err = s.TreeSize(ctx)
	if err == nil && m.Log > 0 {
		m.Head, _, err = s.HeadAt(ctx, m.Log)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	m.Database, _, err = hashFile(file)
	return err
}

func hashFile(path string) (proof.Hash, int64, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return proof.Hash{}, 0, err
	}
	h, n, err := proof.HashReader(f)
	return h, n, errors.Join(err, f.Close())
}

// attachment is the name of a complete one: the SM3 of what is in it.
var attachment = regexp.MustCompile(`^[0-9a-f]{64}$`)

// eachFile calls do for every complete attachment below a folder, in order.
func eachFile(dir string, do func(path, name string) error) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !attachment.MatchString(d.Name()) || filepath.Base(filepath.Dir(path)) != d.Name()[:2] {
			return err
		}
		return do(path, d.Name())
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyFiles copies attachments from one folder to another and checks each against its name: errs.BackupBad. Those that are there
// already are left.
func copyFiles(from, to string) (n int, size int64, list proof.Hash, err error) {
	var names []byte
	err = eachFile(from, func(path, name string) error {
		h, bytes, err := hashFile(path)
		if err != nil {
			return err
		}
		if h.String() != name {
			return errs.New(errs.BackupBad, "attachment %s", name)
		}
		n, size, names = n+1, size+bytes, append(append(names, name...), '\n')
		return copyTo(path, filepath.Join(to, name[:2], name))
	})
	return n, size, proof.HashOf(names), err
}

func copyTo(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	in, err := os.Open(filepath.Clean(from))
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	f, err := os.CreateTemp(filepath.Dir(to), ".copy-")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// headOf is what a manifest says of the log, checked against its own signature.
func (m manifest) headOf(key []byte) error {
	if m.Log == 0 {
		return nil
	}
	var h accesslog.Head
	if err := proof.Check(m.Head, accesslog.TypHead, key); err != nil {
		return err
	}
	if err := m.Head.Into(&h); err != nil {
		return err
	}
	if h.Node != m.Node || h.Size != m.Log {
		return errs.New(errs.BackupBad, "the head of %d entries", h.Size)
	}
	return nil
}
