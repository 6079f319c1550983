// What the files of infra/ are checked with. A module of its own: nothing of it gets into the application.
module encore.app/infra/check

go 1.26.0
