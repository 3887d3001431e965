package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"sync"
)

// Digest names the whole built-in catalogue: SHA-256 over a line for each file in the order of paths, "HASH  PATH\n" as
// sha256sum writes it, hex. The operator signs it as the national layer.
var Digest = sync.OnceValue(func() string {
	sum := sha256.New()
	err := fs.WalkDir(FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := FS.ReadFile(path)
		if err != nil {
			return err
		}
		one := sha256.Sum256(b)
		_, err = sum.Write([]byte(hex.EncodeToString(one[:]) + "  " + path + "\n"))
		return err
	})
	if err != nil {
		panic(err) // what is embedded can be read
	}
	return hex.EncodeToString(sum.Sum(nil))
})
