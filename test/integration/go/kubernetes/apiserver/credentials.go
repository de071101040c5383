package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/util/keyutil"
)

type credentials struct {
	// A member of system:masters.
	token     string
	tokenFile string
	// Signs the tokens of service accounts.
	keyFile string
}

func newCredentials(dir string) (credentials, error) {
	made := credentials{
		tokenFile: filepath.Join(dir, "tokens.csv"),
		keyFile:   filepath.Join(dir, "service-accounts.key"),
	}
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return made, err
	}
	made.token = hex.EncodeToString(random)
	line := fmt.Sprintf("%s,admin,admin,system:masters\n", made.token)
	if err := os.WriteFile(made.tokenFile, []byte(line), 0o600); err != nil {
		return made, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return made, err
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return made, err
	}
	return made, keyutil.WriteKey(made.keyFile, pem)
}
