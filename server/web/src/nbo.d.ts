// The address of the price list; build.mjs makes it.
declare module 'nbo:articles' {
  const url: string;
  export default url;
}
