// Package blobs keeps attachments in a folder: encrypted, named by the SM3 of their ciphertext, and moved between
// nodes in pieces that may be lost, repeated or sent from the start again. The folder never holds plaintext or keys.
//
//	<dir>/<first two digits of the address>/<address>   complete
//	<dir>/partial/<address>.<sender>.<total>            arriving (see receive.go)
//	<dir>/temp/…                                        being written here; emptied when the store opens
//
// A file under its address is whole: it was synced before it got the name, and the folder after.
package blobs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Config says where a store is and how much it takes.
type Config struct {
	Dir      string
	MaxBytes int64 // of one attachment's ciphertext; 0: 256 MiB
	Quota    int64 // of incomplete bytes that one sender may reserve; 0: 1 GiB

	Now func() time.Time // business time, by which arriving attachments grow stale; nil: time.Now
}

// Ref is what a node needs to read an attachment again. Key is secret: it stands only in envelopes and encrypted rows.
type Ref struct {
	Address proof.Hash
	Key     []byte
	Size    int64 // of the plaintext, in bytes
	Cipher  int64 // of the ciphertext
}

// Store is one node's folder of attachments. Safe for concurrent use by one process; replicas of a node that share a
// folder must not receive into it at once.
type Store struct {
	cfg Config
	// wrap stands before every file that is written: tests put a full disk there.
	wrap func(io.Writer) io.Writer

	mu       sync.Mutex // guards partials
	partials map[source]*partial
}

// New opens the folder, makes it if needed, drops what an earlier process left unfinished of its own, and keeps what
// was arriving.
func New(cfg Config) (*Store, error) {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 256 << 20
	}
	if cfg.Quota == 0 {
		cfg.Quota = 1 << 30
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Store{cfg: cfg, wrap: func(w io.Writer) io.Writer { return w }, partials: map[source]*partial{}}
	if err := os.RemoveAll(s.temp()); err != nil {
		return nil, disk(err, "opening the folder")
	}
	for _, dir := range []string{s.temp(), s.arriving()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, disk(err, "opening the folder")
		}
	}
	return s, s.loadPartials()
}

func (s *Store) temp() string     { return filepath.Join(s.cfg.Dir, "temp") }
func (s *Store) arriving() string { return filepath.Join(s.cfg.Dir, "partial") }

func (s *Store) path(address proof.Hash) string {
	name := address.String()
	return filepath.Join(s.cfg.Dir, name[:2], name)
}

// Put encrypts r under a fresh key and keeps it; when it returns without error the attachment survives a power cut. Put
// returns errs.BlobTooLarge, errs.DiskFull, or the error of r or ctx; then nothing of it is visible.
func (s *Store) Put(ctx context.Context, r io.Reader) (Ref, error) {
	f, err := os.CreateTemp(s.temp(), "put-")
	if err != nil {
		return Ref{}, disk(err, "new attachment")
	}
	defer func() {
		_ = f.Close()           // closed already when all went well
		_ = os.Remove(f.Name()) // renamed already when all went well
	}()
	ref := Ref{Key: proof.NewBlobKey()}
	in := &limited{ctx: ctx, r: r, left: s.cfg.MaxBytes}
	if ref.Address, ref.Size, err = proof.EncryptStream(ref.Key, in, s.wrap(f)); err != nil {
		return Ref{}, disk(err, "new attachment")
	}
	if ref.Cipher = proof.CipherSize(ref.Size); ref.Cipher > s.cfg.MaxBytes {
		return Ref{}, errs.New(errs.BlobTooLarge, "%d bytes, %d allowed", ref.Cipher, s.cfg.MaxBytes)
	}
	if err := s.publish(f, ref.Address); err != nil {
		return Ref{}, err
	}
	return ref, nil
}

// publish gives a written file its address: content first, then the name, so that a name never stands for half a file.
func (s *Store) publish(f *os.File, address proof.Hash) error {
	if err := f.Sync(); err != nil {
		return disk(err, "attachment %s", address)
	}
	if err := f.Close(); err != nil {
		return disk(err, "attachment %s", address)
	}
	to := s.path(address)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return disk(err, "attachment %s", address)
	}
	if err := os.Rename(f.Name(), to); err != nil {
		return disk(err, "attachment %s", address)
	}
	for _, dir := range []string{filepath.Dir(to), s.cfg.Dir} {
		if err := syncDir(dir); err != nil {
			return errors.Join(disk(err, "attachment %s", address), os.Remove(to)) // a name that may not last is none
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // a folder of ours
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Have says how many bytes of the ciphertext are here, at most from one sender, and whether that is all of it.
func (s *Store) Have(address proof.Hash) (size int64, complete bool) {
	if size, ok := s.complete(address); ok {
		return size, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for src, p := range s.partials {
		if src.address == address {
			size = max(size, p.have.Load())
		}
	}
	return size, false
}

func (s *Store) complete(address proof.Hash) (size int64, ok bool) {
	i, err := os.Stat(s.path(address))
	if err != nil {
		return 0, false
	}
	return i.Size(), true
}

// Open reads the ciphertext of a complete attachment from offset on; errs.BlobMissing if it is not here.
func (s *Store) Open(_ context.Context, address proof.Hash, offset int64) (io.ReadCloser, error) {
	f, err := os.Open(s.path(address))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.BlobMissing, "%s", address)
	}
	if err != nil {
		return nil, disk(err, "attachment %s", address)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		_ = f.Close() // nothing was written
		return nil, errs.Wrap(errs.BlobBadChunk, err, "attachment %s from %d", address, offset)
	}
	return f, nil
}

// Read decrypts a complete attachment into w. After an error what w got must be thrown away: errs.BlobMissing,
// errs.CannotDecrypt (wrong key or damaged file), or the error of w or ctx.
func (s *Store) Read(ctx context.Context, ref Ref, w io.Writer) error {
	f, err := s.Open(ctx, ref.Address, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	return proof.DecryptStream(ref.Key, &limited{ctx: ctx, r: f, left: s.cfg.MaxBytes}, w)
}

// Remove deletes an attachment whose retention has ended, also one that is still arriving. One that is not here is fine.
func (s *Store) Remove(address proof.Hash) error {
	if _, err := s.dropIf(func(p *partial) bool { return p.address == address }); err != nil {
		return err
	}
	if err := os.Remove(s.path(address)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk(err, "attachment %s", address)
	}
	return nil
}

// limited ends with ctx, and with errs.BlobTooLarge after left bytes.
type limited struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errs.New(errs.BlobTooLarge, "attachment over the limit")
	}
	return n, err
}

// disk gives an error of the file system its code; an error that has one keeps it.
func disk(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errs.Wrap(errs.DiskFull, err, format, args...)
	}
	if errs.CodeOf(err) != errs.Unexpected || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errs.Wrap(errs.Unexpected, err, format, args...)
}
