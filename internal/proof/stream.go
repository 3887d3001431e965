package proof

import (
	"bufio"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
)

// The form of an attachment is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over SM4-GCM:
// version ‖ random prefix (7), then frames of 64 KiB plaintext with their tags. A frame's nonce is prefix ‖ counter (4) ‖
// last-frame flag (1), so that frames cannot be cut off, dropped, repeated or reordered; the header is authenticated
// with every frame. Every stream has at least one frame, and only an empty stream has an empty one.
const (
	streamV1     = 1
	streamPrefix = 7
	streamHead   = 1 + streamPrefix
	framePlain   = 64 << 10
	frameTag     = 16
)

// NewBlobKey draws the key of one attachment; it stands only inside envelopes and encrypted rows.
func NewBlobKey() []byte { return gm.NewSecret() }

// CipherSize is how many bytes EncryptStream writes for n bytes of plaintext.
func CipherSize(n int64) int64 {
	frames := max(1, (n+framePlain-1)/framePlain)
	return streamHead + n + frames*frameTag
}

// EncryptStream encrypts r to its end into w with bounded memory. It returns the address (SM3 of the ciphertext) and the
// length of the plaintext; CipherSize(n) bytes were written. After an error w holds an unusable beginning.
func EncryptStream(key []byte, r io.Reader, w io.Writer) (address Hash, n int64, err error) {
	aead, err := gm.NewGCM(key)
	if err != nil {
		return Hash{}, 0, err
	}
	var head [streamHead]byte
	head[0] = streamV1
	_, _ = rand.Read(head[1:]) // never fails: the program stops instead
	sum := gm.NewSM3()
	out := io.MultiWriter(sum, w)
	if _, err := out.Write(head[:]); err != nil {
		return Hash{}, 0, err
	}
	in := bufio.NewReaderSize(r, framePlain)
	buf := make([]byte, framePlain, framePlain+frameTag)
	for i := uint32(0); ; i++ {
		m, last, err := frame(in, buf)
		if err != nil {
			return Hash{}, n, err
		}
		if _, err := out.Write(aead.Seal(buf[:0], frameNonce(head, i, last), buf[:m], head[:])); err != nil {
			return Hash{}, n, err
		}
		n += int64(m)
		if last {
			return Hash(sum.Sum(nil)), n, nil
		}
		if i == math.MaxUint32 {
			return Hash{}, n, errs.New(errs.BodyTooLarge, "attachment of more than 256 TiB")
		}
	}
}

// DecryptStream decrypts r to its end into w with bounded memory. A wrong key, a changed byte and a missing or added end
// give errs.CannotDecrypt; what was written to w until then is true but incomplete and must be thrown away.
func DecryptStream(key []byte, r io.Reader, w io.Writer) error {
	aead, err := gm.NewGCM(key)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(r, framePlain)
	var head [streamHead]byte
	switch m, _, err := frame(in, head[:]); {
	case err != nil:
		return err
	case m < len(head) || head[0] != streamV1:
		return errs.New(errs.CannotDecrypt, "unknown attachment form")
	}
	buf := make([]byte, framePlain+frameTag)
	for i := uint32(0); ; i++ {
		m, last, err := frame(in, buf)
		if err != nil {
			return err
		}
		plain, err := open(aead, head, i, last, buf[:m])
		if err != nil {
			return err
		}
		if _, err := w.Write(plain); err != nil {
			return err
		}
		if last {
			return nil
		}
		if i == math.MaxUint32 {
			return errs.New(errs.CannotDecrypt, "attachment of more than 256 TiB")
		}
	}
}

func open(aead cipher.AEAD, head [streamHead]byte, i uint32, last bool, ct []byte) ([]byte, error) {
	plain, err := aead.Open(ct[:0], frameNonce(head, i, last), ct, head[:])
	if err != nil || (len(plain) == 0 && i > 0) {
		return nil, errs.New(errs.CannotDecrypt, "attachment frame %d", i)
	}
	return plain, nil
}

// frame fills buf as far as in goes and looks one byte ahead to know whether it is the last frame. Only io.EOF ends a
// stream: io.ErrUnexpectedEOF is how a broken upload looks and may not pass for a short file.
func frame(in *bufio.Reader, buf []byte) (n int, last bool, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = in.Read(buf[n:])
		n += m
	}
	if err == nil {
		_, err = in.Peek(1)
	}
	if errors.Is(err, io.EOF) {
		return n, true, nil
	}
	return n, false, err
}

func frameNonce(head [streamHead]byte, i uint32, last bool) []byte {
	nonce := make([]byte, 0, streamPrefix+5)
	nonce = append(nonce, head[1:]...)
	nonce = binary.BigEndian.AppendUint32(nonce, i)
	if last {
		return append(nonce, 1)
	}
	return append(nonce, 0)
}
