// A custom handler of unusual answers.
package main

import (
	"log"
	"net/http"
	"os"
)

func answer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(text))
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/order", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		answer(w, `{"Outputs":{"res":{"body":"by `+r.Method+`"}}}`)
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
		answer(w, `{"Outputs":{"res":{"statusCode":100}}}`)
	})
	mux.HandleFunc("/negative", func(w http.ResponseWriter, r *http.Request) {
		answer(w, `{"Outputs":{"res":{"statusCode":-1}}}`)
	})
	// Its head comes at once, its body never.
	mux.HandleFunc("/stalling", func(w http.ResponseWriter, r *http.Request) {
		answer(w, `{"Outputs":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), mux))
}
