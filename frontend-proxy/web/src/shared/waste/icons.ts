import {
  IconApple,
  IconArmchair,
  IconBabyCarriage,
  IconBattery2,
  IconBeer,
  IconBiohazard,
  IconBone,
  IconBook,
  IconBottle,
  IconBox,
  IconBulb,
  IconChristmasTree,
  IconDeviceTv,
  IconDroplet,
  IconFlame,
  IconFlask,
  IconGlass,
  IconLeaf,
  IconMedicalCross,
  IconMilk,
  IconNews,
  IconPackage,
  IconPaint,
  IconPlant2,
  IconPlug,
  IconRecycle,
  IconShirt,
  IconSofa,
  IconTool,
  IconTrash,
  IconTrees,
  IconWall,
  IconWashMachine,
  IconWood,
} from "@tabler/icons-react";

/** The drawings that a kind of waste can have, by the names that the server keeps. */
export const wasteIcons = {
  trash: IconTrash,
  leaf: IconLeaf,
  apple: IconApple,
  bone: IconBone,
  "plant-2": IconPlant2,
  trees: IconTrees,
  "christmas-tree": IconChristmasTree,
  wood: IconWood,
  recycle: IconRecycle,
  milk: IconMilk,
  bottle: IconBottle,
  glass: IconGlass,
  beer: IconBeer,
  news: IconNews,
  book: IconBook,
  box: IconBox,
  package: IconPackage,
  sofa: IconSofa,
  armchair: IconArmchair,
  "baby-carriage": IconBabyCarriage,
  shirt: IconShirt,
  "device-tv": IconDeviceTv,
  "wash-machine": IconWashMachine,
  plug: IconPlug,
  "battery-2": IconBattery2,
  bulb: IconBulb,
  tool: IconTool,
  wall: IconWall,
  paint: IconPaint,
  flask: IconFlask,
  droplet: IconDroplet,
  flame: IconFlame,
  biohazard: IconBiohazard,
  "medical-cross": IconMedicalCross,
} as const;

export type WasteIcon = keyof typeof wasteIcons;

/** The names of the drawings, in the order in which they are offered. */
export const wasteIconNames = Object.keys(wasteIcons) as WasteIcon[];

/** The drawing of a name; the bin for one that this version of the app does not have. */
export function wasteIcon(name: string): (typeof wasteIcons)[WasteIcon] {
  return Object.hasOwn(wasteIcons, name) ? wasteIcons[name as WasteIcon] : IconTrash;
}
