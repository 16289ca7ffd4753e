// The page's name, which is not index.html: that one is the plain page.
export default { build: { rollupOptions: { input: 'vite.html' } } };
