// The precompiled headers need a translation unit to hang on; this is it.
