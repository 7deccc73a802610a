// A price list for the sample's products: id, name, category and the price that was paid for one most often.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function priceList(directory) {
  const products = await readCsv(join(directory, 'products.csv'));
  const sold = await readCsv(join(directory, 'transactions.csv'));
  const prices = new Map();
  for (const line of sold) {
    const pieces = Number(line.quantity);
    // Gasoline is sold in thousandths of a gallon: no price of a piece.
    if (pieces < 1 || pieces > 50) continue;
    const minor = Math.round((Number(line.sales_value) * 100) / pieces);
    if (minor > 0) prices.set(line.product_id, [...(prices.get(line.product_id) ?? []), minor]);
  }
  const categories = [...new Set(products.map((product) => product.product_category))].sort();
  const articles = products
    .filter((product) => prices.has(product.product_id))
    .map((product) => [
      product.product_id,
      nameOf(product),
      categories.indexOf(product.product_category),
      median(prices.get(product.product_id)),
    ]);
  return { categories, articles };
}

// "FLUID MILK WHITE ONLY", "1 GA" -> "Fluid milk white only, 1 GA".
function nameOf(product) {
  const type = (product.product_type || product.product_category || product.product_id).trim();
  const name = type.charAt(0) + type.slice(1).toLowerCase();
  const size = product.package_size.replace(/\s+/g, ' ').trim();
  return size ? `${name}, ${size}` : name;
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

// A table with a header as a list of objects; fields may be quoted.
async function readCsv(file) {
  const rows = (await readFile(file, 'utf8')).split('\n').filter(Boolean).map(fieldsOf);
  const header = rows.shift();
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}

function fieldsOf(row) {
  const fields = [];
  for (const match of row.replace(/\r$/, '').matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)) {
    if (match.index === row.length && fields.length > 0 && match[0] === '') break;
    fields.push(match[1].startsWith('"') ? match[1].slice(1, -1).replaceAll('""', '"') : match[1]);
  }
  return fields;
}
