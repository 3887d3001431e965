package workgate

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"tongban/internal/domain/depart"
	"tongban/internal/handling/dispatch"
	"tongban/internal/kernel/errs"
)

// Folder reaches a system that has no interface but can read and write files: a folder that both sides see, with one file for each
// case and one for each answer. A file counts once its signature stands beside it and fits, so that what is half written is nothing.
//
//	out/ID.json        the task              out/ID.json.sig
//	out/ID.stop        it is over            out/ID.stop.sig
//	in/ID.NAME.json    an answer             in/ID.NAME.json.sig
//	done/              answers that were dealt with
//
// A signature is hex of HMAC-SHA256 under the shared secret over "FOLDER/NAME", a line feed, and the bytes of the file.
type Folder struct {
	dir    string
	secret []byte
}

var _ dispatch.Port = (*Folder)(nil)

// The folders.
const (
	outDir  = "out"
	inDir   = "in"
	doneDir = "done"
	sigEnd  = ".sig"
)

// NewFolder makes the folders that are missing.
func NewFolder(dir string, secret []byte) (*Folder, error) {
	for _, sub := range []string{outDir, inDir, doneDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	return &Folder{dir, secret}, nil
}

// taskName is what a work's id looks like: nothing that leads out of the folder.
var taskName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Give writes the task, whole or not at all; a second time it stands as before.
func (f *Folder) Give(_ context.Context, t depart.Task) (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	if !taskName.MatchString(t.ID) {
		return "", errs.New(errs.SystemRefused, "id")
	}
	return "", f.write(t.ID+".json", body)
}

// Stop writes that the task is over.
func (f *Folder) Stop(_ context.Context, id string) error {
	if !taskName.MatchString(id) {
		return errs.New(errs.SystemRefused, "id")
	}
	return f.write(id+".stop", nil)
}

// write puts a file and then its signature into the out folder: until both stand there, the other side takes neither.
func (f *Folder) write(name string, body []byte) error {
	sum := keyed(f.secret, []byte(outDir+"/"+name+"\n"), body)
	for _, one := range []struct {
		name string
		body []byte
	}{{name, body}, {name + sigEnd, []byte(hex.EncodeToString(sum))}} {
		t, err := os.CreateTemp(filepath.Join(f.dir, outDir), ".new-*") // mode 0600
		if err != nil {
			return errs.New(errs.SystemAway, "folder")
		}
		_, err = t.Write(one.body)
		if err = errors.Join(err, t.Sync(), t.Close()); err == nil {
			err = os.Rename(t.Name(), filepath.Join(f.dir, outDir, one.name))
		}
		if err != nil {
			_ = os.Remove(t.Name()) // the next try writes another
			return errs.New(errs.SystemAway, "folder")
		}
	}
	return nil
}

// answerName is what may stand in the in folder; anything else is left where it is.
var answerName = regexp.MustCompile(`^[0-9a-f]{32}\.[A-Za-z0-9_-]{1,40}\.json$`)

// Ask gives the answers to a task to take, each whole and signed, and moves those that were dealt with away.
func (f *Folder) Ask(_ context.Context, id string, take func(depart.Answer) error) error {
	if !taskName.MatchString(id) {
		return errs.New(errs.SystemRefused, "id")
	}
	root, err := os.OpenRoot(filepath.Join(f.dir, inDir)) // no link leads out of it
	if err != nil {
		return errs.New(errs.SystemAway, "folder")
	}
	defer root.Close() //nolint:errcheck // read only
	list, err := os.ReadDir(filepath.Join(f.dir, inDir))
	if err != nil {
		return errs.New(errs.SystemAway, "folder")
	}
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), id+".") || !answerName.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		a, ok := f.read(root, e.Name())
		if !ok || a.Work != id {
			continue
		}
		if err := take(a); err != nil {
			return err
		}
		for _, name := range []string{e.Name(), e.Name() + sigEnd} { // the signature last: a file without one is none
			if err := os.Rename(filepath.Join(f.dir, inDir, name), filepath.Join(f.dir, doneDir, name)); err != nil {
				return errs.New(errs.SystemAway, "folder")
			}
		}
	}
	return nil
}

// read takes a file that is complete: bounded, with a signature that fits.
func (f *Folder) read(root *os.Root, name string) (depart.Answer, bool) {
	body, ok := small(root, name)
	sig, signed := small(root, name+sigEnd)
	if !ok || !signed {
		return depart.Answer{}, false
	}
	sum, err := hex.DecodeString(strings.TrimSpace(string(sig)))
	if err != nil || !hmac.Equal(sum, keyed(f.secret, []byte(inDir+"/"+name+"\n"), body)) {
		return depart.Answer{}, false
	}
	var a depart.Answer
	return a, json.Unmarshal(body, &a) == nil
}

func small(root *os.Root, name string) ([]byte, bool) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > bodyMax {
		return nil, false
	}
	r, err := root.Open(name)
	if err != nil {
		return nil, false
	}
	defer r.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(r, bodyMax+1))
	return b, err == nil && len(b) <= bodyMax
}

// Resting is never the case: a folder is there or not.
func (f *Folder) Resting() bool { return false }
