package hub

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"os"
	"path/filepath"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Invite makes a code with which the province id may join once, and keeps its hash in the hub's folder: a hub that runs
// sees it at once. A new code replaces an older one. The operator gives it to the province by another way than this system.
func (f Folder) Invite(ctx context.Context, id office.NodeID) (string, error) {
	if !id.Member() {
		return "", errs.New(errs.UnknownNode, "%q is no province", id)
	}
	var b [15]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	code := base32.StdEncoding.EncodeToString(b[:])
	return code, f.SetSetting(ctx, invitation(id), hashed(code))
}

// admit returns errs.EnrolRefused unless code is the province's.
func (f Folder) admit(ctx context.Context, id office.NodeID, code string) error {
	if !id.Member() {
		return errs.New(errs.EnrolRefused, "node %q", id)
	}
	want, err := f.Setting(ctx, invitation(id))
	if err != nil && !errs.Is(err, errs.Missing) {
		return err
	}
	if subtle.ConstantTimeCompare(want, hashed(code)) != 1 {
		return errs.New(errs.EnrolRefused, "node %s", id)
	}
	return nil
}

// spend ends a code.
func (f Folder) spend(id office.NodeID) error {
	return os.Remove(filepath.Join(string(f), invitation(id)+".json"))
}

func invitation(id office.NodeID) string { return "code-" + string(id) }

// hashed is the hash in quotes, so that the file is JSON as its neighbours are.
func hashed(code string) []byte {
	sum := sha256.Sum256([]byte(code))
	return []byte(`"` + hex.EncodeToString(sum[:]) + `"`)
}
