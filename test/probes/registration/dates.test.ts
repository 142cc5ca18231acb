// Dates as registries write them, in many orders and languages; and those that are not read, since they could be two.
import { describe, expect, it } from 'vitest';
import { orderIn, readDate } from '../../../src-main/probes/registration/dates.ts';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

describe('the date', () => {
  it.each([
    ['2027-01-14T13:05:06Z', Date.parse('2027-01-14T13:05:06Z')],
    ['2027-01-14T13:05:06.0Z', Date.parse('2027-01-14T13:05:06Z')],
    ['2027-01-14t13:05:06.123456789z', Date.parse('2027-01-14T13:05:06Z')],
    ['2027-01-14T13:05:06+0300', Date.parse('2027-01-14T10:05:06Z')],
    ['2027-01-14T13:05:06-03', Date.parse('2027-01-14T16:05:06Z')],
    ['2027-01-14T24:00:00Z', day('2027-01-15')],
    ['2027-01-14 13:05:06', Date.parse('2027-01-14T13:05:06Z')],
    ['2027.01.14 13:05:06', Date.parse('2027-01-14T13:05:06Z')],
    ['2027-01-14 00:00:00 (UTC+8)', Date.parse('2027-01-13T16:00:00Z')],
    ['2027/01/14', day('2027-01-14')],
    ['2027/01/14 00:00:00 (JST)', Date.parse('2027-01-13T15:00:00Z')],
    ['2027-01-14 (YYYY-MM-DD)', day('2027-01-14')],
    ['20270114', day('2027-01-14')],
    ['20270114130506', Date.parse('2027-01-14T13:05:06Z')],
    ['2027. 01. 14.', day('2027-01-14')],
    ['2027-Jan-14.', day('2027-01-14')],
    ['14-Jan-2027', day('2027-01-14')],
    ['14-JAN-2027 23:59:59 UTC', Date.parse('2027-01-14T23:59:59Z')],
    ['14 January 2027', day('2027-01-14')],
    ['14th January, 2027', day('2027-01-14')],
    ['Thursday 14th Jan 2027', day('2027-01-14')],
    ['14 Jan 2027 00:00 EAT', Date.parse('2027-01-13T21:00:00Z')],
    ['14.1.2027 00:00:00', day('2027-01-14')],
    ['01.05.2027', day('2027-05-01')],
    ['14-01-2027', day('2027-01-14')],
    ['14/01/2027', day('2027-01-14')],
    ['30/06/2027 00:00:00 EEST', Date.parse('2027-06-29T21:00:00Z')],
    ['01/14/2027', day('2027-01-14')],
    ['05/05/2027', day('2027-05-05')],
    ['Thu, Jan 14, 2027', day('2027-01-14')],
    ['Jan 14 2027 11:05:00 PM', Date.parse('2027-01-14T23:05:00Z')],
    ['Thu Jan 14 23:59:59 2027', Date.parse('2027-01-14T23:59:59Z')],
    ['Thu Jan 14 23:59:59 GMT 2027', Date.parse('2027-01-14T23:59:59Z')],
    ['Thu, 14 Jan 2027 00:00:00 GMT', day('2027-01-14')],
    ['"2027-01-14T00:00:00+00:00"', day('2027-01-14')],
    ['2027年1月14日', day('2027-01-14')],
    ['2027년 01월 14일', day('2027-01-14')],
    ['22 de agosto de 2027', day('2027-08-22')],
    ['1er août 2027', day('2027-08-01')],
    ['1. Mai 2027', day('2027-05-01')],
    ['3 dicembre 2027', day('2027-12-03')],
    ['21 Mayıs 2027', day('2027-05-21')],
    ['1 мая 2027', day('2027-05-01')],
    ['2 грудня 2027', day('2027-12-02')],
  ])('%s', (text, time) => {
    expect(readDate(text)).toBe(time);
  });

  it.each([
    ...['03/04/2027', '03-04-2027', '03/04/2027 11:59:59 PM', '13-Apr-27', '16/09/27', '27-01-14'],
    ...['31.04.2027', '2027-02-30', '2027-13-01', '2027-01-14T25:00:00Z', 'never', '', 'N/A', '2027', '-'],
    // A placeholder, or the year of another calendar.
    ...['0000-00-00', '1970-01-01', '9999-12-31', '2999-12-31', '2570-01-14', '1406-02-11'],
  ])('is not guessed from "%s"', (text) => {
    expect(readDate(text)).toBeNull();
  });

  it('of three numbers is read as its registry writes it', () => {
    expect(readDate('03/04/2027', 'day-first')).toBe(day('2027-04-03'));
    expect(readDate('03-04-2027', 'day-first')).toBe(day('2027-04-03'));
    expect(readDate('03/04/2027', 'month-first')).toBe(day('2027-03-04'));
    expect(readDate('13/14/2027', 'day-first')).toBeNull();
  });
});

describe('the order of a text’s dates', () => {
  it.each([
    ['complete date format : DD/MM/YYYY', 'day-first'],
    ['Expiration Date (mm/dd/yyyy): 03/04/2027', 'month-first'],
    ['created: 28/02/2020, expires: 03/04/2027', 'day-first'],
    ['created: 03/04/2020, expires: 03/04/2027', undefined],
    // Nobody says that the month comes first: a date that is later than the right one would be false calm.
    ['created: 12/18/2001, expires: 03/02/2027', undefined],
    ['created: 28/02/2020, changed: 12/18/2021', undefined],
    ['created: 2020-02-28, expires: 03/04/2027', undefined],
  ])('%s', (text, order) => {
    expect(orderIn(text)).toBe(order);
  });
});
